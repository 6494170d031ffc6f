namespace Eisen.Serve.Archive;

/// <summary>A file in an archive.</summary>
/// <param name="Name">Its path below the archive's root. In an archive that is a folder it may hold anything that file
/// systems allow.</param>
/// <param name="Length">Its size in bytes, unpacked.</param>
public sealed record ArchiveEntry(string Name, long Length);
