using Eisen.Serve.Archive;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Engine;

/// <summary>
/// What a version was made from, and what its workers share: the opened archive, the handler, and the module, once a
/// device. Disposing it frees the weights and deletes what was unpacked.
/// </summary>
internal sealed class LoadedArchive : IDisposable
{
    private readonly ModelArchive archive;
    private readonly Dictionary<TorchDevice, IScriptModule> modules = [];

    private LoadedArchive(ModelArchive archive, ModelConfig config, ModelOptions options)
    {
        this.archive = archive;
        Config = config;
        Options = options;
    }

    public string Name => Config.Name ?? archive.Manifest.ModelName;

    public string Version => archive.Manifest.ModelVersion;

    public string Runtime => archive.Manifest.Runtime;

    public ModelConfig Config { get; }

    public ModelOptions Options { get; }

    /// <exception cref="ArchiveException">The archive is broken, or not one.</exception>
    public static LoadedArchive Open(ModelConfig config, ModelDefaults defaults, string unpackFolder, CancellationToken cancellationToken)
    {
        ModelArchive archive = ModelArchive.Open(config.ArchivePath, unpackFolder, cancellationToken: cancellationToken);
        return new LoadedArchive(archive, config, ModelOptions.Resolve(config, archive.Config, defaults));
    }

    /// <summary>Makes the handler and the workers; each device gets the module once.</summary>
    /// <exception cref="HandlerConfigurationException">No handler of ours fits the archive, or its parameters are wrong.</exception>
    /// <exception cref="ModelLoadException">It has no module, or asks for a device that is not there.</exception>
    /// <exception cref="TorchException">libtorch cannot load the module.</exception>
    public IEnumerable<(IModelWorker Worker, TorchDevice Device)> CreateWorkers(ITorchEngine engine, ILogger logger)
    {
        IModelHandler handler = BuiltInHandlers.Create(
            archive.Manifest.Handler, new HandlerContext(Name, Version, archive.Folder, archive.Config?.Handler ?? [], logger));
        string serializedFile = archive.Manifest.SerializedFile
            ?? throw new ModelLoadException($"the manifest names no serializedFile, the TorchScript module that handler '{archive.Manifest.Handler}' runs");
        string modulePath = archive.PathOf(serializedFile);

        TorchDevice[] devices = DevicePlan.For(Options, engine.Devices);
        int threads = DevicePlan.IntraOpThreads(devices.Length);
        foreach (TorchDevice device in devices.Distinct())
            modules.Add(device, engine.Load(modulePath, device));
        return devices.Select(device => ((IModelWorker)new InProcessWorker(engine, handler, modules[device], threads), device));
    }

    public void Dispose()
    {
        foreach (IScriptModule module in modules.Values)
            module.Dispose();
        modules.Clear();
        archive.Dispose();
    }
}
