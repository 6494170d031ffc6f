using System.IO.Compression;

namespace Eisen.Serve.Archive;

/// <summary>Writes a zip of a folder's files.</summary>
internal static class ZipPacker
{
    /// <summary>A plain file that everybody may read, in the upper half of an entry's attributes as Unix programs write it.</summary>
    private const int PlainFile = (0x8000 | 0b110_100_100) << 16;

    /// <summary>The earliest time that a zip can hold: the manifest says when an archive was made, and nothing else does.</summary>
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static void Pack(string folder, FileStream file, bool compressed, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[128 << 10];
        using ZipArchive zip = new(file, ZipArchiveMode.Create, leaveOpen: true);
        foreach (PackedEntry each in PackedEntry.In(folder))
        {
            ZipArchiveEntry entry = zip.CreateEntry(each.Name, compressed ? CompressionLevel.Optimal : CompressionLevel.NoCompression);
            entry.LastWriteTime = NoTime;
            entry.ExternalAttributes = PlainFile;
            using Stream packed = entry.Open();
            using FileStream content = File.OpenRead(each.Path);
            while (content.Read(buffer) is int count and > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                packed.Write(buffer, 0, count);
            }
        }
    }
}
