namespace Eisen.Serve.Archive;

/// <summary>What an archive's <c>MAR-INF/MANIFEST.json</c> says, as torch-model-archiver writes it.</summary>
public sealed record ArchiveManifest
{
    /// <summary>When the archive was made, as written; the form differs from tool to tool.</summary>
    public string? CreatedOn { get; init; }

    /// <summary>The language that the handler is for: <c>python</c> unless the manifest says otherwise.</summary>
    public string Runtime { get; init; } = "python";

    /// <summary>The version of the tool that made the archive.</summary>
    public string? ArchiverVersion { get; init; }

    /// <summary>The model's name. It is fit for a path and for a log.</summary>
    public required string ModelName { get; init; }

    /// <summary>The model's version, for example <c>1.0</c>. It is fit for a path and for a log.</summary>
    public required string ModelVersion { get; init; }

    /// <summary>The file with the weights or the TorchScript module; it is in the archive.</summary>
    public string? SerializedFile { get; init; }

    /// <summary>
    /// The handler: a built-in one's name (<c>image_classifier</c>), a Python file of the archive
    /// (<c>handler.py</c>, <c>handler.py:function</c>), or a class in a .NET assembly of the archive
    /// (<c>Acme.Handlers.dll:Acme.Handlers.BrainHandler</c>).
    /// </summary>
    public string? Handler { get; init; }

    /// <summary>The Python file with the architecture of an eager model; it is in the archive.</summary>
    public string? ModelFile { get; init; }

    /// <summary>The YAML file with the model's configuration; it is in the archive.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>The file that lists the Python packages that the handler needs.</summary>
    public string? RequirementsFile { get; init; }

    /// <summary>Further files, where the manifest lists them.</summary>
    public IReadOnlyList<string> ExtraFiles { get; init; } = [];

    /// <summary>The handler's Python file: <see cref="Handler"/> up to <c>.py</c>; null if it names no file.</summary>
    public string? HandlerFile => FileOf(".py");

    /// <summary>The handler's .NET assembly: <see cref="Handler"/> up to <c>.dll</c>; null if it names none.</summary>
    public string? HandlerAssembly => FileOf(".dll");

    private string? FileOf(string ending)
    {
        if (Handler is null || Handler.EndsWith(ending, StringComparison.Ordinal))
            return Handler;
        int end = Handler.IndexOf(ending + ":", StringComparison.Ordinal);
        return end < 0 ? null : Handler[..(end + ending.Length)];
    }
}
