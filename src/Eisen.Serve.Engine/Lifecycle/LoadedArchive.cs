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
    /// <summary>How long optimizing may take, in about; heavy modules are tried less often, or not at all.</summary>
    private static readonly TimeSpan OptimizationBudget = TimeSpan.FromSeconds(2);

    private readonly ModelArchive archive;
    private readonly Dictionary<TorchDevice, DeviceModules> modules = [];
    private readonly Lock loading = new();
    private IModelHandler? handler;
    private IWorkerSource? source;
    private Func<IEnumerable<TorchDevice>, (IModelWorker, TorchDevice)>? createWorker;
    private long weightBytes;
    private bool isDisposed;

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

    private ArchiveManifest Manifest => Config.Handler is { } chosen ? archive.Manifest with { Handler = chosen } : archive.Manifest;

    public ModelOptions Options { get; }

    /// <exception cref="ArchiveException">The archive is broken, or not one.</exception>
    /// <param name="config">What was asked for.</param>
    /// <param name="defaults">What holds where nothing is said.</param>
    /// <param name="processors">How many workers a Python handler's model gets at the start where nobody says: a process uses one
    /// processor or device. A lane uses all by itself.</param>
    /// <param name="unpackFolder">Where the archive is unpacked.</param>
    /// <param name="cancellationToken">Ends the unpacking.</param>
    public static LoadedArchive Open(ModelConfig config, ModelDefaults defaults, int processors, string unpackFolder, CancellationToken cancellationToken)
    {
        ModelArchive archive = ModelArchive.Open(config.ArchivePath, unpackFolder, cancellationToken: cancellationToken);
        ModelParameters? configured = defaults.Parameters.GetValueOrDefault((config.Name ?? archive.Manifest.ModelName, archive.Manifest.ModelVersion));
        return new LoadedArchive(archive, config, ModelOptions.Resolve(config, archive.Config, defaults, archive.Manifest.HandlerFile is null ? 1 : processors, configured));
    }

    /// <summary>Whether its workers are of another kind than the in-process one.</summary>
    public bool RunsElsewhere => source is not null;

    /// <summary>Says which requests can share a batch: those with equal keys.</summary>
    public object? BatchKey(HandlerRequest request) => handler?.BatchKey(request);

    /// <summary>Lets another kind of worker have the archive, if it is for one.</summary>
    /// <exception cref="ModelLoadException">It is, but cannot be run.</exception>
    /// <exception cref="ArchiveException">The handler that its registration chose is not in the archive.</exception>
    public bool TryPrepare(IEnumerable<IWorkerKind> kinds, DevicePlan plan, CancellationToken cancellationToken)
    {
        if (BuiltInHandlers.StandsInFor(Manifest.Handler, archive.Folder))
            return false;
        // The manifest's own was looked for when the archive was opened.
        if (Config.Handler is not null && Manifest.HandlerFile is { } file)
            archive.PathOf(file);
        WorkerContext context = new(Name, Version, archive, Options) { Manifest = Manifest };
        if (kinds.Select(kind => kind.Open(context, cancellationToken)).FirstOrDefault(each => each is not null) is not { } opened)
            return false;
        Keep(opened);
        TorchDevice[] devices = plan.DevicesFor(Options);
        createWorker = taken =>
        {
            TorchDevice device = DevicePlan.LeastUsed(devices, taken);
            return (opened.Create(device), device);
        };
        return true;
    }

    /// <summary>Makes the handler, and finds the devices that workers may run on.</summary>
    /// <exception cref="HandlerConfigurationException">No handler of ours fits the archive, or its parameters are wrong.</exception>
    /// <exception cref="ModelLoadException">It has no module, or asks for a device that is not there.</exception>
    /// <exception cref="ArchiveException">The module that the manifest names is not in the archive.</exception>
    public void Prepare(ITorchEngine engine, DevicePlan plan, CoreShares cores, TimeProvider time, ILogger logger)
    {
        handler = BuiltInHandlers.Create(
            Manifest.Handler, new HandlerContext(Name, Version, archive.Folder, archive.Config?.Handler ?? [], logger));
        string serializedFile = archive.Manifest.SerializedFile
            ?? throw new ModelLoadException($"the manifest names no serializedFile, the TorchScript module that handler '{Manifest.Handler}' runs");
        string modulePath = archive.PathOf(serializedFile);
        TorchDevice[] devices = plan.DevicesFor(Options);
        createWorker = taken =>
        {
            TorchDevice device = DevicePlan.LeastUsed(devices, taken);
            return (new InProcessWorker(engine, handler, cancelled => ModulesOn(device, engine, modulePath, time, logger, cancelled), Options, cores, time), device);
        };
    }

    /// <summary>What was found when the module was optimized on the first device; null when that is off, or not done yet.</summary>
    public OptimizationReport? Optimization { get; private set; }

    /// <summary>The bytes of the module's weights on all devices that it is loaded on; 0 for workers of another kind.</summary>
    public long WeightBytes => Interlocked.Read(ref weightBytes);

    /// <summary>Makes a worker on the device that has the fewest; the first one that loads on a device loads the module
    /// there.</summary>
    /// <param name="taken">The devices of the workers that there are.</param>
    public (IModelWorker Worker, TorchDevice Device) CreateWorker(IEnumerable<TorchDevice> taken) => createWorker!(taken);

    public void Dispose()
    {
        lock (modules)
        {
            isDisposed = true;
            foreach (DeviceModules loaded in modules.Values)
                loaded.Dispose();
            modules.Clear();
        }

        source?.Dispose();
        archive.Dispose();
    }

    // On the first lane's thread, which has the number of threads that lanes have; the others wait for it. Disposing does
    // not: a module may hang while it is tried, and then goes when it returns.
    private DeviceModules ModulesOn(TorchDevice device, ITorchEngine engine, string path, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        lock (loading)
        {
            if (Loaded(device) is { } shared)
                return shared;
            List<IScriptModule> loaded = [engine.Load(path, device)];
            try
            {
                foreach (string further in handler!.FurtherModules)
                    loaded.Add(LoadFurther(further, engine, device));
                Interlocked.Add(ref weightBytes, loaded.Sum(module => module.Describe().WeightBytes));
                if (Options.Optimize && handler.ExampleInputs(1) is { } example)
                    loaded[0] = Optimized(loaded[0], example, time, logger, cancellationToken);
                DeviceModules together = new(loaded[0], loaded[1..]);
                Keep(device, together);
                return together;
            }
            catch
            {
                loaded.ForEach(module => module.Dispose());
                throw;
            }
        }
    }

    private IScriptModule LoadFurther(string file, ITorchEngine engine, TorchDevice device)
    {
        try
        {
            return engine.Load(archive.PathOf(file), device);
        }
        catch (TorchException failure)
        {
            throw new TorchException($"{file}: {failure.Message}", failure.Exhausted);
        }
    }

    private DeviceModules? Loaded(TorchDevice device)
    {
        lock (modules)
            return modules.GetValueOrDefault(device);
    }

    private void Keep(IWorkerSource opened)
    {
        lock (modules)
        {
            if (!isDisposed)
            {
                source = opened;
                return;
            }
        }

        opened.Dispose();
        throw new ModelLoadException("it was unregistered while it loaded");
    }

    private void Keep(TorchDevice device, DeviceModules loaded)
    {
        lock (modules)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            modules.Add(device, loaded);
        }
    }

    private IScriptModule Optimized(IScriptModule module, TorchValue[] example, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            (module, OptimizationReport report) = ModuleOptimizer.Choose(module, example, OptimizationBudget, time, cancellationToken);
            Optimization ??= report;
            EngineLog.Optimized(logger, Name, Version, module.Device.ToString(), report.ToString());
            return module;
        }
        finally
        {
            Array.ForEach(example, ExampleInputs.Dispose);
        }
    }
}
