using Eisen.Serve.Archive;
using Eisen.Serve.Data;
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
    private readonly string? refusal;
    private IModelHandler? handler;
    private ILogger? log;
    private int handlerUsers;
    private IWorkerSource? source;
    private Func<TorchDevice, IModelWorker>? createWorker;
    private TorchDevice[] devices = [];
    private long weightBytes;
    private bool isDisposed;

    private LoadedArchive(ModelArchive archive, ModelConfig config, ModelOptions options, HandlerChoice? choice, string? refusal)
    {
        this.archive = archive;
        this.refusal = refusal;
        Config = config;
        Options = options;
        Choice = choice;
    }

    public string Name => Config.Name ?? archive.Manifest.ModelName;

    public string Version => archive.Manifest.ModelVersion;

    public string Runtime => archive.Manifest.Runtime;

    public ModelConfig Config { get; }

    public ModelOptions Options { get; }

    /// <summary>Which handler runs it; null when none can.</summary>
    public HandlerChoice? Choice { get; }

    /// <summary>What is doubtful about the archive's configuration, each in one line.</summary>
    public IReadOnlyList<string> Warnings => archive.Config?.Warnings ?? [];

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
        try
        {
            (HandlerChoice? choice, string? refusal) = Choose(archive, config, defaults);
            ModelParameters? configured = defaults.Parameters.GetValueOrDefault((config.Name ?? archive.Manifest.ModelName, archive.Manifest.ModelVersion));
            return new LoadedArchive(archive, config, ModelOptions.Resolve(config, archive.Config, defaults, choice?.Place == HandlerPlace.Python ? processors : 1, configured), choice, refusal);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    private static (HandlerChoice?, string?) Choose(ModelArchive archive, ModelConfig config, ModelDefaults defaults)
    {
        try
        {
            return (HandlerChoice.Make(archive.Manifest, archive.Folder, archive.Find, config.Handler, defaults.Handler), null);
        }
        catch (HandlerConfigurationException refused)
        {
            // The version is there all the same where it was asked for at the start, and says why it does not run.
            return (null, refused.Message);
        }
    }

    /// <summary>Whether its workers are of another kind than the in-process one.</summary>
    public bool RunsElsewhere => source is not null;

    /// <summary>Says which requests can share a batch: those with equal keys.</summary>
    public object? BatchKey(HandlerRequest request) => handler?.BatchKey(request);

    /// <summary>Gets ready to make workers: finds what they run, and the devices that they may run on.</summary>
    /// <exception cref="HandlerConfigurationException">No handler can run the archive, or its parameters are wrong.</exception>
    /// <exception cref="TimeoutException">The constructor of the archive's own handler did not return in time.</exception>
    /// <exception cref="ModelLoadException">The handler's kind of worker cannot run it, or it asks for a device that is not
    /// there.</exception>
    public void Prepare(
        IEnumerable<IWorkerKind> kinds, ITorchEngine engine, HandlerFactory handlers, DevicePlan plan, CoreShares cores, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        HandlerChoice choice = Choice ?? throw new HandlerConfigurationException(refusal!);
        if (!TryPrepare(kinds, choice, cancellationToken))
            Prepare(choice, engine, handlers, cores, time, logger, cancellationToken);
        devices = plan.DevicesFor(Options);
    }

    /// <summary>Lets another kind of worker have the archive, if it is for one.</summary>
    private bool TryPrepare(IEnumerable<IWorkerKind> kinds, HandlerChoice choice, CancellationToken cancellationToken)
    {
        WorkerContext context = new(Name, Version, archive, Options, choice);
        if (kinds.Select(kind => kind.Open(context, cancellationToken)).FirstOrDefault(each => each is not null) is not { } opened)
            return false;
        Keep(opened, ref source);
        createWorker = opened.Create;
        return true;
    }

    private void Prepare(
        HandlerChoice choice, ITorchEngine engine, HandlerFactory handlers, CoreShares cores, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        log = logger;
        string serializedFile = archive.Manifest.SerializedFile
            ?? throw new HandlerConfigurationException($"the manifest names no serializedFile, the TorchScript module that handler {PrintableText.Quoted(choice.Handler)} runs: pack what torch.jit.save writes");
        HandlerContext context = new(Name, Version, archive.Folder, archive.Config?.Handler ?? [], logger);
        Keep(handlers.Create(choice.Handler, context, Options.Envelope, Options.StartupTimeout, cancellationToken), ref handler);
        string modulePath = archive.PathOf(serializedFile);
        createWorker = device =>
            new InProcessWorker(engine, UseHandler(), cancelled => ModulesOn(device, engine, modulePath, time, logger, cancelled), Options, cores, time, LeaveHandler);
    }

    /// <summary>What was found when the module was optimized on the first device; null when that is off, or not done yet.</summary>
    public OptimizationReport? Optimization { get; private set; }

    /// <summary>The bytes of the module's weights on all devices that it is loaded on; 0 for workers of another kind.</summary>
    public long WeightBytes => Interlocked.Read(ref weightBytes);

    /// <summary>Makes a worker on the device that has the fewest; the first one that loads on a device loads the module
    /// there.</summary>
    /// <param name="taken">The devices of the workers that there are.</param>
    public (IModelWorker Worker, TorchDevice Device) CreateWorker(IEnumerable<TorchDevice> taken)
    {
        TorchDevice device = DevicePlan.LeastUsed(devices, taken);
        return (createWorker!(device), device);
    }

    public void Dispose()
    {
        bool isHandlerUsed;
        lock (modules)
        {
            isDisposed = true;
            isHandlerUsed = handlerUsers > 0;
            foreach (DeviceModules loaded in modules.Values)
                loaded.Dispose();
            modules.Clear();
        }

        // A worker that hangs in the handler's code takes it along when it returns.
        if (!isHandlerUsed)
            (handler as IDisposable)?.Dispose();
        else if (handler is IDisposable)
            EngineLog.HandlerStillRuns(log!, Name, Version, Choice!.Handler);
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
            List<IScriptModule> loaded = [LoadModule(path, engine, device)];
            try
            {
                foreach (string further in handler!.FurtherModules)
                    loaded.Add(LoadModule(archive.PathOf(further), engine, device));
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

    private IScriptModule LoadModule(string path, ITorchEngine engine, TorchDevice device)
    {
        try
        {
            return engine.Load(path, device);
        }
        catch (TorchException failure)
        {
            string message = $"{Path.GetRelativePath(archive.Folder, path)} cannot be loaded: {FailureText.FirstCause(failure)}";
            // On the CPU it takes memory and the file. With both there, the file is at fault, and stays so.
            throw device.Type == TorchDeviceType.Cpu && !failure.OutOfMemory && CanBeRead(path)
                ? new ModelLoadException(message, failure)
                : new TorchException(message, failure.Exhausted);
        }
    }

    private static bool CanBeRead(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private DeviceModules? Loaded(TorchDevice device)
    {
        lock (modules)
            return modules.GetValueOrDefault(device);
    }

    private void Keep<T>(T made, ref T? place)
        where T : class
    {
        lock (modules)
        {
            if (!isDisposed)
            {
                place = made;
                return;
            }
        }

        (made as IDisposable)?.Dispose();
        throw new ModelLoadException("it was unregistered while it loaded");
    }

    private IModelHandler UseHandler()
    {
        lock (modules)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            handlerUsers++;
            return handler!;
        }
    }

    private void LeaveHandler()
    {
        lock (modules)
        {
            if (--handlerUsers > 0 || !isDisposed)
                return;
        }

        (handler as IDisposable)?.Dispose();
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
