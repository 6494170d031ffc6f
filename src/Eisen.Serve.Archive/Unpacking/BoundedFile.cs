using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>Reads files of an archive that are meant to be small, whoever wrote them.</summary>
internal static class BoundedFile
{
    private const int MostBytes = 1 << 20;

    /// <summary>All bytes of a file, without the mark that some editors put before UTF-8.</summary>
    /// <exception cref="ArchiveException">The file cannot be read, or it is larger than 1 MiB.</exception>
    public static ReadOnlyMemory<byte> Read(ArchiveSource source, string path, string name)
    {
        byte[] bytes = new byte[MostBytes + 1];
        int count;
        try
        {
            using FileStream file = RegularFile.TryOpen(path, bufferSize: 0) ?? throw source.Fault($"{PrintableText.Shortened(name)} is a pipe or a device.");
            count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw source.Fault($"{PrintableText.Shortened(name)} cannot be read.", failed);
        }

        if (count > MostBytes)
            throw source.Fault($"{PrintableText.Shortened(name)} is larger than the {MostBytes} bytes that are allowed.");
        ReadOnlyMemory<byte> read = bytes.AsMemory(0, count);
        return read.Span.StartsWith("\uFEFF"u8) ? read[3..] : read;
    }
}
