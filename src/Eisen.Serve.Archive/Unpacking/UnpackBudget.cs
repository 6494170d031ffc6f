using System.Globalization;

namespace Eisen.Serve.Archive;

/// <summary>Counts what comes out of an archive, and stops it where a limit is reached.</summary>
internal sealed class UnpackBudget(ArchiveSource source, long archiveBytes)
{
    /// <summary>What may come out before the compression ratio counts, in bytes.</summary>
    private const long BytesOutsideOfRatio = 64L << 20;

    private readonly long mostBytesByRatio = MostBytesByRatio(source.Limits.MaxCompressionRatio, archiveBytes);
    private int entries;
    private long bytes;

    /// <summary>Counts a file, a folder, or a header that describes one.</summary>
    public void AddEntry()
    {
        if (++entries > source.Limits.MaxEntries)
            throw source.Fault($"it holds more than the {source.Limits.MaxEntries} files and folders that are allowed.");
    }

    /// <summary>Counts bytes that came out.</summary>
    public void AddBytes(int count)
    {
        bytes += count;
        if (bytes > source.Limits.MaxUnpackedBytes)
            throw source.Fault($"it unpacks to more than the {Size(source.Limits.MaxUnpackedBytes)} that are allowed.");
        if (bytes > mostBytesByRatio)
            throw source.Fault($"it unpacks to more than {source.Limits.MaxCompressionRatio} times its size, which is not allowed beyond the first {Size(BytesOutsideOfRatio)}.");
    }

    /// <summary>
    /// Refuses early what the archive itself says it cannot keep to. Its promise is never trusted the other way:
    /// what comes out is counted all the same.
    /// </summary>
    public void CheckPromise(UInt128 promisedBytes, string unpackFolder)
    {
        if (promisedBytes > (UInt128)source.Limits.MaxUnpackedBytes)
            throw source.Fault($"it unpacks to more than the {Size(source.Limits.MaxUnpackedBytes)} that are allowed.");

        long free = FreeBytes(unpackFolder);
        if (promisedBytes > (UInt128)free)
            throw source.Fault($"unpacking needs {Size((long)promisedBytes)}, and the disk of the unpack folder has {Size(free)} free.");
    }

    /// <summary>What may come out of a file of so many bytes.</summary>
    public static long MostBytesByRatio(int ratio, long archiveBytes) =>
        (long)Int128.Min(BytesOutsideOfRatio + (Int128)ratio * archiveBytes, long.MaxValue);

    private static long FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A file system that does not tell is not a full one; a failing write still says so.
            return long.MaxValue;
        }
    }

    private static string Size(long bytes) => bytes switch
    {
        < 1L << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        < 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 10):0.#} KiB"),
        < 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.#} GiB"),
    };
}
