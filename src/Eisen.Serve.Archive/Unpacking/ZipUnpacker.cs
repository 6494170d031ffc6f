using System.IO.Compression;
using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>Unpacks a zip.</summary>
internal static class ZipUnpacker
{
    // What stands in the upper half of an entry's attributes where a Unix program wrote it: st_mode's file type.
    private const int FileTypeMask = 0xF000;
    private const int RegularFile = 0x8000;
    private const int Folder = 0x4000;
    private const int Link = 0xA000;

    /// <summary>Writes every entry below the folder.</summary>
    /// <exception cref="ArchiveException">The zip is damaged, too large, or has an entry that is refused.</exception>
    public static void Unpack(ArchiveSource source, FileStream file, UnpackFolder target, CancellationToken cancellationToken)
    {
        try
        {
            ZipDirectory.Check(source, file, cancellationToken);
            using ZipArchive zip = new(file, ZipArchiveMode.Read, leaveOpen: true);
            UnpackBudget budget = new(source, file.Length);
            budget.CheckPromise(PromisedBytes(zip), target.Path);

            EntryNames names = new(source, budget);
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (CheckIsFolder(source, entry))
                {
                    string name = entry.FullName[..^1];
                    names.Add(name, isFolder: true);
                    target.CreateFolder(name);
                }
                else
                {
                    names.Add(entry.FullName, isFolder: false);
                    WriteFile(source, entry, target, budget, cancellationToken);
                }
            }
        }
        catch (Exception damaged) when (damaged is InvalidDataException or EndOfStreamException or NotSupportedException or ArgumentException)
        {
            // ArgumentException: an offset in a header that points out of the file reaches Stream.Seek.
            throw source.Fault($"the zip archive is damaged: {damaged.Message}", damaged);
        }
    }

    private static UInt128 PromisedBytes(ZipArchive zip)
    {
        UInt128 sum = 0;
        foreach (ZipArchiveEntry entry in zip.Entries)
            sum += (ulong)entry.Length;
        return sum;
    }

    private static bool CheckIsFolder(ArchiveSource source, ZipArchiveEntry entry)
    {
        string quoted = PrintableText.Quoted(entry.FullName);
        if (entry.IsEncrypted)
            throw source.Fault($"entry {quoted} is encrypted, which is not supported.");

        bool isFolder = entry.FullName.EndsWith('/');
        int type = entry.ExternalAttributes >> 16 & FileTypeMask;
        if (type == Link)
            throw source.Fault($"entry {quoted} is a symbolic link, which is refused.");
        if (type is not (0 or RegularFile or Folder))
            throw source.Fault($"entry {quoted} is neither a plain file nor a folder, which is refused.");
        if (type == (isFolder ? RegularFile : Folder) || (isFolder && entry.Length != 0))
            throw source.Fault($"entry {quoted} is both a file and a folder.");
        return isFolder;
    }

    private static void WriteFile(
        ArchiveSource source, ZipArchiveEntry entry, UnpackFolder target, UnpackBudget budget, CancellationToken cancellationToken)
    {
        using Stream content = Open(source, entry);
        Crc32 crc = new();
        long length = 0;
        target.WriteFile(entry.FullName, Read, cancellationToken);
        if (length != entry.Length)
            throw source.Fault($"entry {PrintableText.Quoted(entry.FullName)} is damaged: it ends early.");
        if (crc.Value != entry.Crc32)
            throw source.Fault($"entry {PrintableText.Quoted(entry.FullName)} is damaged: its checksum is wrong.");

        int Read(byte[] buffer)
        {
            int count;
            try
            {
                count = content.Read(buffer);
            }
            catch (InvalidDataException damaged)
            {
                throw source.Fault($"entry {PrintableText.Quoted(entry.FullName)} is damaged: its compressed data makes no sense.", damaged);
            }

            budget.AddBytes(count);
            length += count;
            if (length > entry.Length)
                throw source.Fault($"entry {PrintableText.Quoted(entry.FullName)} is damaged: it is longer than the zip directory says.");
            crc.Add(buffer.AsSpan(0, count));
            return count;
        }
    }

    private static Stream Open(ArchiveSource source, ZipArchiveEntry entry)
    {
        try
        {
            return entry.Open();
        }
        catch (Exception damaged) when (damaged is InvalidDataException or NotSupportedException or ArgumentException)
        {
            throw source.Fault($"entry {PrintableText.Quoted(entry.FullName)} cannot be read: {damaged.Message}", damaged);
        }
    }
}
