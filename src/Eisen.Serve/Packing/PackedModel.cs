using Eisen.Serve.Archive;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;
using Eisen.Serve.Torch.LibTorch;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eisen.Serve.Packing;

/// <summary>The model in an archive, tried as a server would: its module is loaded on the CPU, its handler made, and what
/// they say of each other compared.</summary>
internal sealed class PackedModel(ArchiveManifest manifest, ModelConfigFile? config, string folder) : IDisposable
{
    private readonly List<string> problems = [];
    private IScriptModule? module;
    private IModelHandler? handler;

    /// <summary>What the module takes, gives and does; null when it was not loaded.</summary>
    public ModuleDescription? Description { get; private set; }

    /// <summary>Why the module was not loaded, although nothing is wrong with that; null when it was, or when something is.</summary>
    public string? NotLoaded { get; private set; }

    /// <summary>What an Eisen model takes and gives; null when there is none, or none that can be read.</summary>
    public EisenMetadata? Metadata { get; private set; }

    /// <summary>What an Eisen model does before and after its module.</summary>
    public IReadOnlyList<TransformList> Transforms { get; private set; } = [];

    private bool IsBuiltIn => manifest.Handler is { } name && BuiltInHandlers.Names.Contains(name);

    /// <summary>Tries it; to be called once.</summary>
    /// <returns>What is wrong, each in one line that is fit for a terminal.</returns>
    public IReadOnlyList<string> FindProblems(bool loadModule)
    {
        if (IsBuiltIn)
            Try(() => handler = MakeHandler());
        Metadata = ReadMetadata();
        Transforms = [.. new[] { "pre_process.json", "post_process.json" }.Select(name => TransformList.Read(folder, name)).OfType<TransformList>()];
        if (!loadModule)
            NotLoaded = "it was not asked for";
        else if (IsBuiltIn)
            Try(LoadModule);
        else
            LoadIfItIsTorchScript();
        if (Metadata is not null && Description is not null)
            problems.AddRange(SignatureCheck.FindProblems(Metadata, Description));
        return problems;
    }

    /// <summary>Asks the model what a client would.</summary>
    /// <returns>What it answered; null for a handler that is not run here.</returns>
    public HandlerAnswer? Ask(HandlerRequest request, CancellationToken cancellationToken) =>
        module is null || handler is null ? null : handler.Handle([request], module, cancellationToken).Single();

    public void Dispose() => module?.Dispose();

    private IModelHandler MakeHandler() => BuiltInHandlers.Create(
        manifest.Handler, new HandlerContext(manifest.ModelName, manifest.ModelVersion, folder, config?.Handler ?? [], NullLogger.Instance));

    private EisenMetadata? ReadMetadata()
    {
        FileInfo file = new(Path.Combine(folder, EisenMetadata.FileName));
        if (!file.Exists)
            return null;
        try
        {
            if (file.Length > EisenMetadata.MaxBytes)
                throw new DataFormatException($"it has {file.Length} bytes; {EisenMetadata.MaxBytes} are the most");
            return EisenMetadata.Read(File.ReadAllBytes(file.FullName));
        }
        catch (DataFormatException mistake)
        {
            // A handler that reads it has told already.
            if (manifest.Handler != EisenServingMar.HandlerName)
                problems.Add(PrintableText.Escaped($"{EisenMetadata.FileName}: {mistake.Message}"));
            return null;
        }
    }

    private void LoadModule()
    {
        if (manifest.SerializedFile is not { } file)
            throw new HandlerConfigurationException($"there is no serialized file, the TorchScript module that handler {PrintableText.Quoted(manifest.Handler!)} runs");
        module = new LibTorchEngine().Load(Path.Combine(folder, file), TorchDevice.Cpu);
        Description = module.Describe();
    }

    // What a Python handler loads is its own affair.
    private void LoadIfItIsTorchScript()
    {
        if (manifest.SerializedFile is null)
            return;
        try
        {
            if (manifest.ModelFile is null)
                LoadModule();
            else
                NotLoaded = "it holds the weights of an eager model";
        }
        catch (TorchException)
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
        catch (TorchException refused)
        {
            problems.Add($"{PrintableText.Shortened(manifest.SerializedFile!)} cannot be loaded: {PrintableText.Shortened(refused.Message.ReplaceLineEndings(" "), mostCharacters: 400)}");
        }
    }
}
