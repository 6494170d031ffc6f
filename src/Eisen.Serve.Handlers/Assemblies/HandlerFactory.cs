using Eisen.Serve.Data;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Handlers;

/// <summary>Makes the handlers that run inside this process: the built-in ones, and those that archives bring as assemblies.</summary>
public sealed class HandlerFactory
{
    /// <summary>The category of what handlers log.</summary>
    public const string ModelLogCategory = "MODEL_LOG";

    private readonly bool allowsArchiveCode;
    private readonly IHandlerMetrics? metrics;
    private readonly TimeProvider time;
    private readonly ILogger modelLog;
    private readonly UnloadWatch watch;

    /// <summary>Makes a factory.</summary>
    /// <param name="allowsArchiveCode">Whether archives may bring code that runs inside this process.</param>
    /// <param name="metrics">Gets what handlers measure; null for nobody.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Makes the logs.</param>
    public HandlerFactory(bool allowsArchiveCode, IHandlerMetrics? metrics, TimeProvider time, ILoggerFactory loggers)
    {
        this.allowsArchiveCode = allowsArchiveCode;
        this.metrics = metrics;
        this.time = time;
        modelLog = loggers.CreateLogger(ModelLogCategory);
        watch = new UnloadWatch(time, loggers.CreateLogger<HandlerFactory>());
    }

    /// <summary>Makes the handler for an archive.</summary>
    /// <param name="name">The handler that the manifest names, or null when it names none.</param>
    /// <param name="context">The archive.</param>
    /// <param name="envelope">What requests and answers are wrapped in, where the handler is a built-in one; one that the archive
    /// brings reads requests itself.</param>
    /// <param name="patience">How long the constructor of a handler that the archive brings may take.</param>
    /// <param name="cancellationToken">Ends the waiting for it.</param>
    /// <returns>The handler; one that is disposable is disposed when no worker uses it any more.</returns>
    /// <exception cref="HandlerConfigurationException">There is no such handler, it may not run, or its parameters are wrong.</exception>
    /// <exception cref="TimeoutException">Its constructor did not return in time.</exception>
    /// <exception cref="Exception">Its constructor failed.</exception>
    public IModelHandler Create(string? name, HandlerContext context, EnvelopeKind envelope, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (HandlerClass.Parse(name) is not { } handler)
            return BuiltInHandlers.Create(name, context, envelope);
        if (!allowsArchiveCode)
            throw new HandlerConfigurationException($"its handler {PrintableText.Quoted(name!)} is C# code that the archive brings and that would run inside the server; for archives that you trust, allow_archive_code=true in config.properties allows it");

        if (metrics is not null)
            context = context with { Metrics = new HandlerMetrics(context.ModelName, metric => metrics.Report(context.ModelName, metric)) };
        // A thread of its own: a constructor may hang, and nothing ends it then.
        Task<AssemblyHandler> making = Task.Factory.StartNew(
            () => AssemblyHandler.Make(handler, context, modelLog, time, watch), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return making.WaitAsync(patience, time, cancellationToken).GetAwaiter().GetResult();
        }
        catch (TimeoutException) when (!making.IsFaulted)
        {
            LetGo(making);
            throw new TimeoutException($"the constructor of its handler {PrintableText.Quoted(name!)} did not return within startupTimeout, {patience.TotalSeconds:0} s; until it does, its assembly stays in memory");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LetGo(making);
            throw;
        }
    }

    private static void LetGo(Task<AssemblyHandler> making) =>
        making.ContinueWith(static late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
}
