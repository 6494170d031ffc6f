namespace Eisen.Serve.Archive;

/// <summary>How an archive is stored.</summary>
public enum ArchiveLayout
{
    /// <summary>A zip whose entries are compressed, <c>NAME.mar</c>: torch-model-archiver's <c>default</c>.</summary>
    Zip,

    /// <summary>A zip whose entries are stored as they are, <c>NAME.mar</c>: <c>zip-store</c>.</summary>
    StoredZip,

    /// <summary>A gzip'd tar with one folder in it, <c>NAME.tar.gz</c>: <c>tgz</c>.</summary>
    TarGzip,

    /// <summary>A folder, <c>NAME</c>: <c>no-archive</c>.</summary>
    Folder,
}
