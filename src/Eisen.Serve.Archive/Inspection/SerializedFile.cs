namespace Eisen.Serve.Archive;

/// <summary>The file that an archive has its model in, as far as can be told without loading it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Description">The same for a sentence, where it stands after "is": <c>a TorchScript module</c>.</param>
public sealed record SerializedFile(SerializedKind Kind, string Description)
{
    // torch.save's own number, which began its files before they became zips.
    private static readonly byte[] OldTorchSave = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9];

    // A module has an entry for each of its tensors.
    private static readonly ArchiveLimits Limits = new() { MaxEntries = 1_000_000 };

    /// <summary>Looks at a file.</summary>
    /// <param name="path">Its full path.</param>
    /// <exception cref="ArchiveException">The disk failed.</exception>
    public static SerializedFile Look(string path)
    {
        switch (Path.GetExtension(path))
        {
            case ".onnx":
                return new SerializedFile(SerializedKind.Onnx, "an ONNX model");
            case ".so":
                return new SerializedFile(SerializedKind.Library, "a compiled library");
        }

        ArchiveSource source = new(path, Limits);
        try
        {
            using FileStream file = source.OpenFile();
            return Look(source, file);
        }
        catch (ArchiveException fault)
        {
            return new SerializedFile(SerializedKind.Other, $"broken: {fault.Fault.TrimEnd('.')}");
        }
        catch (IOException failed)
        {
            throw source.Fault($"the file cannot be read: {failed.Message}", failed);
        }
    }

    private static SerializedFile Look(ArchiveSource source, FileStream file)
    {
        if (file.Length == 0)
            return new SerializedFile(SerializedKind.Other, "empty");
        Span<byte> head = stackalloc byte[OldTorchSave.Length];
        head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (!head.StartsWith("PK\x3\x4"u8))
            return head.SequenceEqual(OldTorchSave) ? Saved(source.Path) : new SerializedFile(SerializedKind.Other, "nothing that torch wrote");

        IReadOnlySet<string> names = ZipDirectory.NamesOf(source, file);
        // The second is what torch wrote before 1.4.
        if (names.Contains("constants.pkl") || names.Contains("model.json"))
            return new SerializedFile(SerializedKind.TorchScript, "a TorchScript module");
        return names.Contains("data.pkl") ? Saved(source.Path) : new SerializedFile(SerializedKind.Other, "a zip that torch did not write");
    }

    private static SerializedFile Saved(string path) =>
        new(SerializedKind.TorchSave, SavedObject.Describe(path) ?? "what torch.save writes, weights or a pickled model without its code");
}
