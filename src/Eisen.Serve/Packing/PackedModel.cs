using Eisen.Serve.Archive;
using Eisen.Serve.Data;
using Eisen.Serve.Engines;
using Eisen.Serve.Handlers;
using Eisen.Serve.Python;
using Eisen.Serve.Torch;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eisen.Serve.Packing;

/// <summary>The model in an archive, tried as a server would: its module is loaded on the CPU, its handler made, and what
/// they say of each other compared.</summary>
/// <param name="archive">An archive with a manifest that can be used.</param>
internal sealed class PackedModel(ArchiveInspection archive) : IDisposable
{
    private readonly ArchiveManifest manifest = archive.Manifest!;
    private readonly string folder = archive.Folder!;
    private readonly Lazy<ITorchEngine> engine = new(() => TorchEngines.Open(TorchEngineChoice.Auto));
    private readonly List<string> problems = [];
    private readonly List<IScriptModule> modules = [];
    private IModelHandler? handler;

    /// <summary>What the module takes, gives and does; null when it was not loaded.</summary>
    public ModuleDescription? Description { get; private set; }

    /// <summary>Why the module was not loaded, although nothing is wrong with that; null when it was, or when something is.</summary>
    public string? NotLoaded { get; private set; }

    /// <summary>What an Eisen model takes and gives; null when there is none, or none that can be read.</summary>
    public EisenMetadata? Metadata { get; private set; }

    /// <summary>What an Eisen model does before and after its module.</summary>
    public IReadOnlyList<TransformList> Transforms { get; private set; } = [];

    private bool IsBuiltIn => IsEisens || (manifest.Handler is { } name && BuiltInHandlers.Names.Contains(name));

    private bool IsEisens => manifest.Handler == EisenServingMar.HandlerName || BuiltInHandlers.StandsInFor(manifest.Handler, folder);

    /// <summary>Tries it; to be called once.</summary>
    /// <returns>What is wrong, each in one line that is fit for a terminal.</returns>
    public IReadOnlyList<string> FindProblems(bool loadModule)
    {
        // Also one that there is not: its making says what there is.
        if (IsBuiltIn || !PythonWorkerKind.Runs(manifest, folder))
            Try(() => handler = MakeHandler());
        Metadata = ReadMetadata();
        Transforms = [.. new[] { "pre_process.json", "post_process.json" }.Select(name => archive.PathOf(name) is { } path ? TransformList.Read(path) : null).OfType<TransformList>()];
        if (!loadModule)
            NotLoaded = "it was not asked for";
        else if (IsBuiltIn)
            LoadModules();
        else
            LoadIfItIsTorchScript();
        if (IsEisens && Metadata is not null && Description is not null)
            problems.AddRange(SignatureCheck.FindProblems(Metadata, Description));
        return problems;
    }

    /// <summary>Asks the model what a client would.</summary>
    /// <returns>What it answered; null for a handler that is not run here.</returns>
    public HandlerAnswer? Ask(HandlerRequest request, CancellationToken cancellationToken) =>
        modules.Count == 0 || handler is null ? null : handler.Handle([request], modules[0], modules[1..], cancellationToken).Single();

    public void Dispose() => modules.ForEach(module => module.Dispose());

    private IModelHandler MakeHandler() => BuiltInHandlers.Create(
        manifest.Handler, new HandlerContext(manifest.ModelName, manifest.ModelVersion, folder, archive.Config?.Handler ?? [], NullLogger.Instance));

    private EisenMetadata? ReadMetadata()
    {
        if (archive.PathOf(EisenMetadata.FileName) is not { } path)
            return null;
        try
        {
            return new FileInfo(path).Length <= EisenMetadata.MaxBytes ? EisenMetadata.Read(File.ReadAllBytes(path)) : null;
        }
        catch (DataFormatException)
        {
            // The handler that reads it has told already; to others it may be anything.
            return null;
        }
    }

    private void LoadModules()
    {
        if (manifest.SerializedFile is { } file)
            Try(() => Description = Load(file));
        else
            problems.Add($"there is no serialized file, the TorchScript module that handler {PrintableText.Quoted(manifest.Handler!)} runs");
        foreach (string further in handler?.FurtherModules ?? [])
            Try(() => Transforms = [.. Transforms, new TransformList(further, [$"TorchScript: {Load(further)?.Signature}"])]);
    }

    // A file that is not in the archive is the inspection's to tell.
    private ModuleDescription? Load(string file)
    {
        if (archive.PathOf(file) is not { } path)
            return null;
        try
        {
            IScriptModule module = engine.Value.Load(path, TorchDevice.Cpu);
            modules.Add(module);
            return module.Describe();
        }
        catch (TorchException refused)
        {
            throw new HandlerConfigurationException($"{PrintableText.Shortened(file)} cannot be loaded: {PrintableText.Shortened(refused.Message.ReplaceLineEndings(" "), mostCharacters: 400)}");
        }
    }

    // What a Python handler loads is its own affair.
    private void LoadIfItIsTorchScript()
    {
        if (manifest.SerializedFile is null)
            return;
        if (manifest.ModelFile is not null)
        {
            NotLoaded = "it holds the weights of an eager model";
            return;
        }

        try
        {
            Description = Load(manifest.SerializedFile);
        }
        catch (HandlerConfigurationException)
        {
            NotLoaded = "it is no TorchScript module; the handler knows what it is";
        }
    }

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (HandlerConfigurationException mistake)
        {
            problems.Add(PrintableText.Escaped(mistake.Message));
        }
    }
}
