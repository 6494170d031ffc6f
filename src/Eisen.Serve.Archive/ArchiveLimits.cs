namespace Eisen.Serve.Archive;

/// <summary>
/// How much an archive may ask of the machine that unpacks it. What is counted is what comes out, not what the
/// archive's headers promise.
/// </summary>
public sealed record ArchiveLimits
{
    /// <summary>The most bytes that an archive may unpack to. 16 GiB unless set.</summary>
    public long MaxUnpackedBytes { get; init; } = 16L << 30;

    /// <summary>The most files and folders that an archive may hold. 10,000 unless set.</summary>
    public int MaxEntries { get; init; } = 10_000;

    /// <summary>
    /// The most bytes that may come out for each byte of the archive. It applies to what comes out after the
    /// first 64 MiB, so that a small archive of very regular files is not mistaken for a bomb. 200 unless set.
    /// </summary>
    public int MaxCompressionRatio { get; init; } = 200;

    /// <summary>The most components that a path inside an archive may have. 16 unless set.</summary>
    public int MaxDepth { get; init; } = 16;

    /// <summary>The most characters that a path inside an archive may have. 512 unless set.</summary>
    public int MaxPathLength { get; init; } = 512;

    /// <summary>
    /// The most bytes that may lie between the start of a zip's central directory and the end of the file; all
    /// of it is read into memory. 16 MiB unless set.
    /// </summary>
    public long MaxDirectoryBytes { get; init; } = 16L << 20;
}
