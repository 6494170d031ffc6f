using Eisen.Serve.Archive;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;
using Eisen.Serve.Torch.LibTorch;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eisen.Serve.Packing;

/// <summary>The model in an archive, tried as a server would: its module is loaded on the CPU, and its handler made.</summary>
internal sealed class PackedModel(ArchiveManifest manifest, ModelConfigFile? config, string folder) : IDisposable
{
    private IScriptModule? module;
    private IModelHandler? handler;

    /// <summary>What the module takes, gives and does; null when it was not loaded.</summary>
    public ModuleDescription? Description { get; private set; }

    /// <summary>Why the module was not loaded, although nothing is wrong with that; null when it was, or when something is.</summary>
    public string? NotLoaded { get; private set; }

    private bool IsBuiltIn => manifest.Handler is { } name && BuiltInHandlers.Names.Contains(name);

    /// <summary>Tries it, and gives back what is wrong, each in one line.</summary>
    public IReadOnlyList<string> FindProblems(bool loadModule)
    {
        List<string> problems = [];
        if (IsBuiltIn)
            Try(problems, MakeHandler);
        if (!loadModule)
            NotLoaded = "it was not asked for";
        else if (IsBuiltIn)
            Try(problems, LoadModule);
        else
            LoadIfItIsTorchScript();
        return problems;
    }

    /// <summary>Asks the model what a client would.</summary>
    /// <returns>What it answered.</returns>
    /// <exception cref="InvalidOperationException">The model was not tried, or had problems.</exception>
    public HandlerAnswer Ask(HandlerRequest request, CancellationToken cancellationToken)
    {
        if (module is null || handler is null)
            throw new InvalidOperationException("There is no model to ask. This is a bug.");
        return handler.Handle([request], module, cancellationToken).Single();
    }

    public void Dispose() => module?.Dispose();

    private void MakeHandler() => handler = BuiltInHandlers.Create(
        manifest.Handler, new HandlerContext(manifest.ModelName, manifest.ModelVersion, folder, config?.Handler ?? [], NullLogger.Instance));

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

    private void Try(List<string> problems, Action action)
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
