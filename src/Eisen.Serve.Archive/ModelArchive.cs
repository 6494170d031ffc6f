namespace Eisen.Serve.Archive;

/// <summary>
/// An opened model archive (MAR): a zip, a gzip'd tar, or a folder that holds what either would. Archives are
/// taken for hostile: nothing in one can be written outside of a new folder of its own, nor ask for more than
/// its limits. Disposing it deletes what was unpacked.
/// </summary>
public sealed class ModelArchive : IDisposable
{
    private readonly ArchiveSource source;
    private readonly UnpackedArchive content;
    private readonly ArchiveRoot root;

    private ModelArchive(ArchiveSource source, UnpackedArchive content)
    {
        this.source = source;
        this.content = content;
        root = new ArchiveRoot(source, content.Folder);
        Manifest = ManifestReader.Read(source, BoundedFile.Read(source, root.FileAt(ManifestReader.FileName), ManifestReader.FileName));
        CheckFile("serializedFile", Manifest.SerializedFile);
        CheckFile("handler", Manifest.HandlerFile);
        CheckFile("modelFile", Manifest.ModelFile);
        CheckFile("configFile", Manifest.ConfigFile);
        if (Manifest.ConfigFile is { } config)
            Config = ModelConfigReader.Read(source, config, BoundedFile.Read(source, root.FileAt(config), config));
    }

    /// <summary>The name of the archive's file or folder, without where it lies.</summary>
    public string FileName => source.FileName;

    /// <summary>The full path of the archive's root: the folder in which <c>MAR-INF</c> lies.</summary>
    public string Folder => root.Folder;

    /// <summary>What the archive says about its model.</summary>
    public ArchiveManifest Manifest { get; }

    /// <summary>The model's configuration file; null if the manifest names none.</summary>
    public ModelConfigFile? Config { get; }

    /// <summary>Opens an archive. What kind it is, its content tells, whatever its name.</summary>
    /// <param name="path">The archive's file, or the folder that holds <c>MAR-INF/MANIFEST.json</c>.</param>
    /// <param name="unpackFolder">
    /// A folder, made if it is missing, in which a file is unpacked into a new folder that only this user can
    /// enter. An archive that is a folder is used where it is, and never deleted.
    /// </param>
    /// <param name="limits">What the archive may ask for; the defaults if null.</param>
    /// <param name="cancellationToken">Stops the unpacking; what was unpacked so far is deleted.</param>
    /// <exception cref="ArchiveException">The archive cannot be used; the message says why. Nothing of it stays on disk.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled. Nothing of the archive stays on disk.</exception>
    public static ModelArchive Open(
        string path, string unpackFolder, ArchiveLimits? limits = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(unpackFolder);
        cancellationToken.ThrowIfCancellationRequested();

        limits ??= new ArchiveLimits();
        if (path.Contains('\0'))
            throw new ArchiveException(path, "the file does not exist.");
        ArchiveSource source = new(path, limits);
        UnpackedArchive content = UnpackedArchive.Open(source, unpackFolder, cancellationToken);
        try
        {
            return new ModelArchive(source, content);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>The full path of a file or folder of the archive.</summary>
    /// <param name="fileName">Its path below <see cref="Folder"/>, as the manifest or a handler names it.</param>
    /// <exception cref="ArchiveException">There is none, or the path leaves the archive, by itself or through a link.</exception>
    public string PathOf(string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        return root.PathOf(fileName);
    }

    /// <summary>The full path of a file of the archive; null when there is none of this name.</summary>
    public string? Find(string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        try
        {
            return root.FileAt(fileName);
        }
        catch (ArchiveException)
        {
            return null;
        }
    }

    /// <summary>Deletes what was unpacked. An archive that is a folder stays as it is.</summary>
    public void Dispose() => content.Dispose();

    private void CheckFile(string property, string? name)
    {
        if (name is not null)
            root.FileAt(name, $"the manifest's {property} ");
    }
}
