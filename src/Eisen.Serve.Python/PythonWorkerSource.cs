using System.ComponentModel;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Python;

/// <summary>What a model's Python workers share: the command that starts them, and the packages that it installs.</summary>
internal sealed class PythonWorkerSource : IWorkerSource
{
    private readonly Lock changes = new();
    private readonly List<PythonWorker> workers = [];
    private readonly WorkerContext context;
    private readonly string handler;
    private readonly PythonSettings settings;
    private readonly PythonCommand command;
    private readonly Lazy<ModelTemplate>? template;
    private readonly ModelPackages? packages;
    private readonly IHandlerMetrics metrics;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private bool isDisposed;

    private PythonWorkerSource(
        WorkerContext context, string handler, PythonSettings settings, PythonCommand command, ModelPackages? packages, IHandlerMetrics metrics, TimeProvider time, ILogger log)
    {
        this.context = context;
        this.handler = handler;
        this.settings = settings;
        this.command = command;
        // On a GPU there is nothing to share: a fork cannot use what its parent has there.
        if (settings.ShareModels && context.Options.MaxWorkers > 1)
            template = new Lazy<ModelTemplate>(() => new ModelTemplate(Order(null), command.WithThreads(1), command, context.Options.StartupTimeout, log, time));
        this.packages = packages;
        this.metrics = metrics;
        this.time = time;
        this.log = log;
    }

    /// <summary>Gets ready: what the archive needs is installed, and the workers' user can read it.</summary>
    /// <exception cref="ModelLoadException">It cannot be run.</exception>
    public static PythonWorkerSource Open(
        WorkerContext context, string handler, PythonSettings settings, string interpreter, IHandlerMetrics metrics, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        try
        {
            FileOwner.LetThrough(settings.UnpackFolder, settings.User);
            FileOwner.LetThrough(Path.GetDirectoryName(settings.UnpackFolder)!, settings.User);
            // An archive that is a folder is somebody's own, and stays so.
            if (context.Archive.Folder.StartsWith(settings.UnpackFolder + "/", StringComparison.Ordinal))
                FileOwner.Give(context.Archive.Folder, settings.User);
        }
        catch (Win32Exception refused)
        {
            throw new ModelLoadException($"python_user cannot be given the archive's files: {refused.Message}", refused);
        }

        ModelPackages? packages = ModelPackages.Install(settings, context.Archive, interpreter, log, time, cancellationToken);
        PythonCommand command = new(settings, interpreter, context.Archive.Folder, packages?.Folder, context.Options.IntraOpThreads);
        return new PythonWorkerSource(context, handler, settings, command, packages, metrics, time, log);
    }

    public IModelWorker Create(TorchDevice device)
    {
        int? gpu = device.Type == TorchDeviceType.Cuda ? device.Index : null;
        IWorkerStarter starter = gpu is null && template is not null ? template.Value : command;
        PythonWorker worker = new(Order(gpu), starter, context.Options, metrics, time, log);
        lock (changes)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            workers.RemoveAll(each => each.IsDisposed);
            workers.Add(worker);
        }

        return worker;
    }

    public void Dispose()
    {
        lock (changes)
        {
            isDisposed = true;
            // A worker that hangs is not waited for: its process ends, and its lane with it. The log is to say where it hung.
            Task.WaitAll([.. workers.Select(worker => Task.Run(() => worker.EndWithStacks("its model is unloaded")))]);
            workers.Clear();
        }

        if (template?.IsValueCreated == true)
            template.Value.Dispose();
        packages?.Dispose();
    }

    private LoadHead Order(int? gpu) => new()
    {
        ModelName = context.ModelName,
        ModelVersion = context.ModelVersion,
        ModelDir = context.Archive.Folder,
        Handler = handler,
        BatchSize = context.Options.BatchSize,
        GpuId = gpu,
        LimitMaxImagePixels = settings.LimitImagePixels,
        Envelope = settings.Envelope,
        PreferTorchserve = settings.PreferTorchServe,
        ModelConfig = context.Archive.Config?.All,
        MetricsConfig = settings.MetricsConfig,
        MaxResponseSize = settings.MaxResponseSize,
        Threads = context.Options.IntraOpThreads ?? Math.Max(1, Environment.ProcessorCount / Math.Max(1, context.Options.MaxWorkers)),
    };
}
