using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>
/// Packs a model with its transforms and metadata into an archive for the <c>eisen</c> handler, as Eisen-Deploy's
/// <c>EisenServingMAR</c> does; but model and transforms are files here, TorchScript and JSON instead of pickles.
/// </summary>
/// <param name="preProcessing">The file with what changes the fields before the model: transforms in Eisen's configuration
/// form (<c>.json</c>), or TorchScript from <c>Dict[str, Tensor]</c> to the same (<c>.pt</c>). Null for nothing.</param>
/// <param name="postProcessing">The same for what comes after the model.</param>
/// <param name="metadata">The file with the model's metadata (<c>metadata.json</c>).</param>
/// <param name="handler">Another handler: a built-in one's name, or the path of a Python file. It may pay no heed to
/// transforms and metadata.</param>
public sealed class EisenServingMar(string? preProcessing, string? postProcessing, string metadata, string? handler = null)
{
    /// <summary>The handler that archives get unless they ask for another.</summary>
    public const string HandlerName = "eisen";

    /// <summary>Writes <c>DSTPATH/MODELNAME.mar</c>.</summary>
    /// <param name="model">The file with the TorchScript module.</param>
    /// <param name="dstPath">The folder that the archive goes to; it must be there.</param>
    /// <param name="modelName">The model's name.</param>
    /// <param name="modelVersion">Its version, for example <c>1.0</c>.</param>
    /// <param name="additionalFiles">Files, and folders whose content, goes into the archive as well.</param>
    /// <param name="cancellationToken">Stops it; nothing stays.</param>
    /// <returns>The archive's full path.</returns>
    /// <exception cref="ArchiveException">A name, a file or the metadata cannot be used, the archive is there already, or
    /// writing failed. Nothing stays.</exception>
    public string Pack(
        string model, string dstPath, string modelName, string modelVersion, IReadOnlyList<string>? additionalFiles = null,
        CancellationToken cancellationToken = default)
    {
        ArchiveParts parts = PartsFor(model, modelName, modelVersion, additionalFiles);
        using ArchiveDraft draft = ArchiveDraft.Create(parts, dstPath, cancellationToken: cancellationToken);
        CheckMetadata(new ArchiveSource(draft.TargetPath, new ArchiveLimits()), Path.Combine(draft.Folder, EisenMetadata.FileName));
        return draft.Save(cancellationToken);
    }

    /// <summary>What the archive is made of, for those who want to add to it.</summary>
    /// <param name="model">The file with the TorchScript module.</param>
    /// <param name="modelName">The model's name.</param>
    /// <param name="modelVersion">Its version.</param>
    /// <param name="additionalFiles">Files, and folders whose content, goes into the archive as well.</param>
    public ArchiveParts PartsFor(string model, string modelName, string modelVersion, IReadOnlyList<string>? additionalFiles = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        List<PackedFile> files = [new PackedFile(metadata, EisenMetadata.FileName)];
        Add(files, preProcessing, "pre_process");
        Add(files, postProcessing, "post_process");
        files.AddRange((additionalFiles ?? []).Select(PackedFile.AtRoot));
        return new ArchiveParts
        {
            ModelName = modelName,
            ModelVersion = modelVersion,
            Handler = PackedHandler.Find(handler ?? HandlerName, [HandlerName]),
            SerializedFile = new PackedFile(model, "model.pt"),
            ExtraFiles = files,
        };
    }

    private static void CheckMetadata(ArchiveSource target, string path)
    {
        try
        {
            EisenMetadata.Read(BoundedFile.Read(target, path, EisenMetadata.FileName));
        }
        catch (DataFormatException mistake)
        {
            throw target.Fault($"{EisenMetadata.FileName}: {mistake.Message}", mistake);
        }
    }

    private static void Add(List<PackedFile> files, string? transforms, string name)
    {
        if (transforms is not null)
            files.Add(new PackedFile(transforms, name + (transforms.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ".json" : ".pt")));
    }
}
