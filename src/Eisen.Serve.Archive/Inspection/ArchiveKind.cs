namespace Eisen.Serve.Archive;

/// <summary>What an archive turned out to be.</summary>
public enum ArchiveKind
{
    /// <summary>A zip.</summary>
    Zip,

    /// <summary>A gzip'd tar.</summary>
    TarGzip,

    /// <summary>A folder.</summary>
    Folder,
}
