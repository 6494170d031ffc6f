using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>
/// Any archive, as far as it can be read: where <see cref="ModelArchive"/> stops at the first fault, this goes on and
/// keeps a list. The same limits hold. Disposing it deletes what was unpacked.
/// </summary>
public sealed class ArchiveInspection : IDisposable
{
    private readonly ArchiveSource source;
    private readonly List<string> problems = [];
    private UnpackedArchive? content;
    private ArchiveRoot? root;

    private ArchiveInspection(ArchiveSource source) => this.source = source;

    /// <summary>The name of the archive's file or folder, without where it lies.</summary>
    public string FileName => source.FileName;

    /// <summary>How the archive is stored; null when it could not be unpacked.</summary>
    public ArchiveKind? Kind => content?.Kind;

    /// <summary>The size of the archive's file in bytes; null for a folder, or when there is no file.</summary>
    public long? FileLength { get; private set; }

    /// <summary>The files in it, sorted by name; empty when it could not be unpacked.</summary>
    public IReadOnlyList<ArchiveEntry> Files { get; private set; } = [];

    /// <summary>What the archive says about its model; null when there is no manifest that can be used.</summary>
    public ArchiveManifest? Manifest { get; private set; }

    /// <summary>The model's configuration file, as far as it is right; null if there is none that can be read.</summary>
    public ModelConfigFile? Config { get; private set; }

    /// <summary>The full path of the archive's root; null when there is none.</summary>
    public string? Folder => root?.Folder;

    /// <summary>What is wrong with the archive, each in one line that is fit for a terminal.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>What is doubtful about the model's configuration, each in one line.</summary>
    public IReadOnlyList<string> Warnings => Config?.Warnings ?? [];

    /// <summary>Looks at an archive.</summary>
    /// <param name="path">The archive's file, or the folder that holds <c>MAR-INF/MANIFEST.json</c>.</param>
    /// <param name="unpackFolder">A folder, made if it is missing, in which a file is unpacked into a new folder that only
    /// this user can enter.</param>
    /// <param name="limits">What the archive may ask for; the defaults if null.</param>
    /// <param name="cancellationToken">Stops the unpacking; what was unpacked so far is deleted.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled. Nothing of the archive stays on disk.</exception>
    public static ArchiveInspection Open(string path, string unpackFolder, ArchiveLimits? limits = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(unpackFolder);
        ArchiveInspection inspection = new(new ArchiveSource(path, limits ?? new ArchiveLimits()));
        inspection.Try(() => inspection.Look(unpackFolder, cancellationToken));
        return inspection;
    }

    /// <summary>The full path of a file of the archive; null when there is none of this name.</summary>
    public string? PathOf(string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        try
        {
            return root?.FileAt(fileName);
        }
        catch (ArchiveException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => content?.Dispose();

    private void Look(string unpackFolder, CancellationToken cancellationToken)
    {
        FileInfo file = new(source.Path);
        FileLength = file.Exists ? file.Length : null;
        content = UnpackedArchive.Open(source, unpackFolder, cancellationToken);
        Try(() => Files = List(content.Folder));
        root = new ArchiveRoot(source, content.Folder);
        Manifest = ManifestReader.Read(source, BoundedFile.Read(source, root.FileAt(ManifestReader.FileName), ManifestReader.FileName));
        Check("serializedFile", Manifest.SerializedFile);
        Check("handler", Manifest.HandlerFile);
        Check("modelFile", Manifest.ModelFile);
        Check("requirementsFile", Manifest.RequirementsFile);
        Check("configFile", Manifest.ConfigFile);
        if (Manifest.ConfigFile is { } config && PathOf(config) is { } path)
            Try(() => ReadConfig(config, BoundedFile.Read(source, path, config)));
    }

    private void ReadConfig(string name, ReadOnlyMemory<byte> yaml)
    {
        Config = ModelConfigReader.Read(name, yaml, out IReadOnlyList<string> mistakes);
        problems.AddRange(mistakes.Select(mistake => $"{PrintableText.Shortened(name)}: {mistake}."));
    }

    // Links are not followed: what they lead to is not in the archive.
    private List<ArchiveEntry> List(string folder)
    {
        EnumerationOptions options = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };
        List<ArchiveEntry> files = [];
        try
        {
            foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*", options))
            {
                if (files.Count == source.Limits.MaxEntries)
                    throw source.Fault($"it holds more than the {source.Limits.MaxEntries} files that are allowed.");
                files.Add(new ArchiveEntry(Path.GetRelativePath(folder, file.FullName), file.Length));
            }
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw source.Fault($"its files cannot be listed: {failed.Message}", failed);
        }

        files.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return files;
    }

    private void Check(string property, string? name)
    {
        if (name is not null)
            Try(() => root!.FileAt(name, $"the manifest's {property} "));
    }

    private void Try(Action look)
    {
        try
        {
            look();
        }
        catch (ArchiveException found)
        {
            problems.Add(found.Fault);
        }
    }
}
