using System.Formats.Tar;
using System.IO.Compression;

namespace Eisen.Serve.Archive;

/// <summary>Writes a gzip'd tar of a folder's files.</summary>
internal static class TarPacker
{
    private const UnixFileMode PlainFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <param name="folder">The files.</param>
    /// <param name="topFolder">The folder in the tar that they go into.</param>
    /// <param name="file">Where the tar goes.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    public static void Pack(string folder, string topFolder, FileStream file, CancellationToken cancellationToken)
    {
        using GZipStream gzip = new(file, CompressionLevel.Optimal, leaveOpen: true);

        // Not pax: what .NET calls its headers has the number of the process in it.
        using TarWriter tar = new(gzip, TarEntryFormat.Gnu, leaveOpen: true);
        foreach (PackedEntry each in PackedEntry.In(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using FileStream content = File.OpenRead(each.Path);
            tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, $"{topFolder}/{each.Name}")
            {
                Mode = PlainFile,
                // The manifest says when an archive was made, and nothing else does.
                ModificationTime = DateTimeOffset.UnixEpoch,
                AccessTime = default,
                ChangeTime = default,
                DataStream = content,
            });
        }
    }
}
