namespace Eisen.Serve.Archive;

/// <summary>What an archive is made of: what torch-model-archiver's options of the same names say.</summary>
public sealed record ArchiveParts
{
    /// <summary>The model's name, which the archive's file has, too; see <see cref="ModelNames"/>.</summary>
    public required string ModelName { get; init; }

    /// <summary>The model's version, for example <c>1.0</c>.</summary>
    public required string ModelVersion { get; init; }

    /// <summary>What turns requests into the module's inputs.</summary>
    public required PackedHandler Handler { get; init; }

    /// <summary>The TorchScript module, or the weights of an eager model.</summary>
    public PackedFile? SerializedFile { get; init; }

    /// <summary>The Python file with the architecture of an eager model.</summary>
    public PackedFile? ModelFile { get; init; }

    /// <summary>The YAML file with the model's configuration.</summary>
    public PackedFile? ConfigFile { get; init; }

    /// <summary>The file that lists the Python packages that the handler needs.</summary>
    public PackedFile? RequirementsFile { get; init; }

    /// <summary>Further files. Of a folder, what is in it goes to the archive's root, without its hidden folders, and
    /// those that Python and macOS leave behind.</summary>
    public IReadOnlyList<PackedFile> ExtraFiles { get; init; } = [];

    /// <summary>The language that the handler is for: <c>python</c>, <c>python3</c> or <c>LSP</c>.</summary>
    public string Runtime { get; init; } = "python";

    /// <summary>All files, in no order that matters.</summary>
    internal IEnumerable<PackedFile> Files =>
        new[] { SerializedFile, Handler.File, ModelFile, ConfigFile, RequirementsFile }.OfType<PackedFile>().Concat(ExtraFiles);
}
