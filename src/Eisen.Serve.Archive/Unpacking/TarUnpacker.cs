using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>
/// Unpacks a gzip'd tar in one pass. The headers are read here and not by System.Formats.Tar, which takes a
/// buffer of whatever size an extended header asks for; and a second reader could see other entries than the
/// one that checked them.
/// </summary>
internal sealed class TarUnpacker
{
    private const int MostExtensionBytes = 1 << 20;

    private readonly ArchiveSource source;
    private readonly UnpackFolder target;
    private readonly UnpackBudget budget;
    private readonly EntryNames names;
    private readonly CountedGzip content;
    private readonly CancellationToken cancellationToken;

    private TarUnpacker(
        ArchiveSource source, CountedGzip content, UnpackFolder target, UnpackBudget budget, CancellationToken cancellationToken)
    {
        this.source = source;
        this.content = content;
        this.target = target;
        this.budget = budget;
        names = new EntryNames(source, budget);
        this.cancellationToken = cancellationToken;
    }

    /// <summary>Writes every entry below the folder.</summary>
    /// <exception cref="ArchiveException">The tar is damaged, too large, or has an entry that is refused.</exception>
    public static void Unpack(ArchiveSource source, FileStream file, UnpackFolder target, CancellationToken cancellationToken)
    {
        UnpackBudget budget = new(source, file.Length);
        using CountedGzip content = new(source, file, budget);
        budget.CheckPromise(content.PromisedLength, target.Path);
        try
        {
            new TarUnpacker(source, content, target, budget, cancellationToken).Unpack();
        }
        catch (InvalidDataException damaged)
        {
            throw source.Fault($"the tar in it is damaged: {damaged.Message}.", damaged);
        }
    }

    private void Unpack()
    {
        TarExtension extension = default;
        byte[] block = new byte[TarHeader.BlockLength];
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (content.Read(block) < block.Length)
                throw content.Truncated();
            if (!block.AsSpan().ContainsAnyExcept((byte)0))
                break;

            TarHeader header = TarHeader.Read(block);
            switch (header.Type)
            {
                case 'x':
                    TarExtension pax = TarExtension.ReadPax(ReadExtension(header));
                    extension = new TarExtension(pax.Name ?? extension.Name, pax.Size ?? extension.Size);
                    break;
                case 'g':
                    // Meant for all entries that follow, where a name or a size makes no sense.
                    if (TarExtension.ReadPax(ReadExtension(header)) != default)
                        throw new InvalidDataException("a global header sets a name or a size");
                    break;
                case 'L':
                    extension = extension with { Name = TarHeader.ReadText(ReadExtension(header)) };
                    break;
                case 'K':
                    // The target of a link whose own header follows, and is refused.
                    ReadExtension(header);
                    break;
                default:
                    UnpackEntry(extension.Name ?? header.Name, extension.Size ?? header.Size, header.Type);
                    extension = default;
                    break;
            }
        }

        ReadToEnd();
    }

    private void UnpackEntry(string name, long size, char type)
    {
        // "tar -C folder -cf x.tar ." names everything "./...", and the folder itself "./".
        while (name.StartsWith("./", StringComparison.Ordinal))
            name = name[2..];

        bool isOldFolder = type == '\0' && name.EndsWith('/');
        if (type == '5' || isOldFolder)
        {
            if (size != 0)
                throw source.Fault($"entry {PrintableText.Quoted(name)} is both a file and a folder.");
            string folder = name.EndsWith('/') ? name[..^1] : name;
            if (folder is "" or ".")
            {
                budget.AddEntry();
                return;
            }

            names.Add(folder, isFolder: true);
            target.CreateFolder(folder);
            return;
        }

        if (type is not ('0' or '\0'))
            throw source.Fault($"entry {PrintableText.Quoted(name)} is {Describe(type)}, which is refused.");
        names.Add(name, isFolder: false);
        WriteFile(name, size);
    }

    private void WriteFile(string name, long size)
    {
        long left = size;
        target.WriteFile(name, Read, cancellationToken);
        SkipPadding(size);

        int Read(byte[] buffer)
        {
            int wanted = (int)Math.Min(left, buffer.Length);
            int count = content.Read(buffer.AsSpan(0, wanted));
            if (count < wanted)
                throw content.Truncated();
            left -= count;
            return count;
        }
    }

    private byte[] ReadExtension(TarHeader header)
    {
        budget.AddEntry();
        if (header.Size > MostExtensionBytes)
            throw new InvalidDataException($"an extended header is longer than {MostExtensionBytes} bytes");

        byte[] data = new byte[header.Size];
        if (content.Read(data) < data.Length)
            throw content.Truncated();
        SkipPadding(header.Size);
        return data;
    }

    private void SkipPadding(long size)
    {
        Span<byte> padding = stackalloc byte[TarHeader.BlockLength];
        padding = padding[..(int)(-size & TarHeader.BlockLength - 1)];
        if (content.Read(padding) < padding.Length)
            throw content.Truncated();
    }

    // What follows the end mark is padding; it must be there, for the gzip's checksum to be checked.
    private void ReadToEnd()
    {
        byte[] rest = new byte[16 << 10];
        while (content.Read(rest) > 0)
            cancellationToken.ThrowIfCancellationRequested();
        content.CheckEnd();
    }

    private static string Describe(char type) => type switch
    {
        '1' => "a hard link",
        '2' => "a symbolic link",
        '3' or '4' => "a device",
        '6' => "a pipe",
        _ => "neither a plain file nor a folder",
    };
}
