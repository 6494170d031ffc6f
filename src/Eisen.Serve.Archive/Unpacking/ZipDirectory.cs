using System.Buffers.Binary;
using System.Text;

namespace Eisen.Serve.Archive;

/// <summary>
/// Reads the end of a zip and walks its central directory before <see cref="System.IO.Compression.ZipArchive"/>
/// does, which would take all of it into memory whatever its size. It finds the end record the way ZipArchive
/// does, so that both look at the same directory. The layout is that of PKWARE's APPNOTE.TXT, section 4.3.
/// </summary>
internal static class ZipDirectory
{
    private const int EndLength = 22;
    private const int Zip64LocatorLength = 20;
    private const int Zip64EndLength = 56;
    private const int EntryLength = 46;

    /// <summary>Checks the directory's size, its entry count, and that it lies where the end record says.</summary>
    /// <exception cref="ArchiveException">The directory is damaged, or larger than allowed.</exception>
    public static void Check(ArchiveSource source, FileStream file, CancellationToken cancellationToken)
    {
        Walk(source, Read(source, file, out ulong entries), entries, null, cancellationToken);
        file.Position = 0;
    }

    /// <summary>The names of the files in it, without their folders.</summary>
    /// <exception cref="ArchiveException">The directory is damaged, or larger than allowed.</exception>
    public static IReadOnlySet<string> NamesOf(ArchiveSource source, FileStream file)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        Walk(source, Read(source, file, out ulong entries), entries, names, CancellationToken.None);
        return names;
    }

    private static byte[] Read(ArchiveSource source, FileStream file, out ulong entries)
    {
        (long offset, entries, long endAt) = ReadEnd(source, file);
        if (file.Length - offset > source.Limits.MaxDirectoryBytes)
            throw source.Fault($"its zip directory is larger than the {source.Limits.MaxDirectoryBytes} bytes that are allowed.");
        if (entries > (ulong)source.Limits.MaxEntries)
            throw source.Fault($"it holds more than the {source.Limits.MaxEntries} files and folders that are allowed.");

        byte[] directory = new byte[endAt - offset];
        file.Position = offset;
        file.ReadExactly(directory);
        return directory;
    }

    private static (long Offset, ulong Entries, long EndAt) ReadEnd(ArchiveSource source, FileStream file)
    {
        byte[] tail = new byte[Math.Min(file.Length, EndLength + Zip64LocatorLength + ushort.MaxValue)];
        long tailAt = file.Length - tail.Length;
        file.Position = tailAt;
        file.ReadExactly(tail);

        int at = tail.Length < EndLength ? -1 : tail.AsSpan(0, tail.Length - EndLength + 4).LastIndexOf("PK\x5\x6"u8);
        if (at < 0)
            throw source.Fault("not a zip archive: the end of the central directory is missing; the file may be truncated.");

        ReadOnlySpan<byte> end = tail.AsSpan(at);
        if (BinaryPrimitives.ReadUInt16LittleEndian(end[20..]) != end.Length - EndLength)
            throw source.Fault("not a zip archive: its end is damaged, or something stands behind it; the file may be truncated.");

        ushort disk = BinaryPrimitives.ReadUInt16LittleEndian(end[4..]);
        ulong entries = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        ulong offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        long endAt = tailAt + at;
        if ((disk == ushort.MaxValue || entries == ushort.MaxValue || offset == uint.MaxValue)
            && at >= Zip64LocatorLength && tail.AsSpan(at - Zip64LocatorLength).StartsWith("PK\x6\x7"u8))
        {
            ulong zip64EndAt = BinaryPrimitives.ReadUInt64LittleEndian(tail.AsSpan(at - Zip64LocatorLength + 8));
            (offset, entries, endAt) = ReadZip64End(source, file, zip64EndAt, endAt - Zip64LocatorLength);
        }
        else if (disk != 0)
        {
            throw source.Fault("a zip that is split over several files is not supported.");
        }

        if (offset > (ulong)endAt)
            throw source.Fault("the zip directory does not lie inside the file; the file may be truncated.");
        return ((long)offset, entries, endAt);
    }

    private static (ulong Offset, ulong Entries, long EndAt) ReadZip64End(
        ArchiveSource source, FileStream file, ulong zip64EndAt, long locatorAt)
    {
        if (locatorAt < Zip64EndLength || zip64EndAt > (ulong)(locatorAt - Zip64EndLength))
            throw source.Fault("the zip64 end of the central directory does not lie inside the file; the file may be truncated.");

        Span<byte> end = stackalloc byte[Zip64EndLength];
        file.Position = (long)zip64EndAt;
        file.ReadExactly(end);
        if (!end.StartsWith("PK\x6\x6"u8))
            throw source.Fault("the zip64 end of the central directory is damaged.");

        return (
            BinaryPrimitives.ReadUInt64LittleEndian(end[48..]),
            BinaryPrimitives.ReadUInt64LittleEndian(end[32..]),
            (long)zip64EndAt);
    }

    private static void Walk(ArchiveSource source, ReadOnlySpan<byte> directory, ulong entries, HashSet<string>? names, CancellationToken cancellationToken)
    {
        ulong found = 0;
        while (directory.StartsWith("PK\x1\x2"u8))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (++found > entries)
                throw source.Fault("the zip directory holds more entries than its end says.");
            if (directory.Length < EntryLength)
                throw source.Fault("the zip directory is damaged: an entry is cut off.");

            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[28..]);
            int length = EntryLength
                + nameLength
                + BinaryPrimitives.ReadUInt16LittleEndian(directory[30..])
                + BinaryPrimitives.ReadUInt16LittleEndian(directory[32..]);
            if (directory.Length < length)
                throw source.Fault("the zip directory is damaged: an entry is cut off.");
            names?.Add(Path.GetFileName(Encoding.UTF8.GetString(directory.Slice(EntryLength, nameLength))));
            directory = directory[length..];
        }

        if (found < entries)
            throw source.Fault("the zip directory holds fewer entries than its end says.");
    }
}
