using System.Reflection;
using Eisen.Serve.Data;
using Eisen.Serve.Torch;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Handlers;

/// <summary>
/// A handler that is a class of the archive's, with the assemblies that it lives in and the services that it gets. Disposing it, when no
/// worker uses it any more, disposes those and unloads the assemblies.
/// </summary>
internal sealed class AssemblyHandler : IModelHandler, IDisposable
{
    /// <summary>How long the handler's own disposal may take.</summary>
    private static readonly TimeSpan DisposalPatience = TimeSpan.FromSeconds(5);

    private readonly string model;
    private readonly string className;
    private readonly UnloadWatch watch;
    private readonly ILogger logger;
    private HandlerLoadContext? assemblies;
    private ModelLogger? log;
    private ServiceProvider? services;
    private ModelHandler? handler;
    private IModelHandler? runner;

    private AssemblyHandler(string model, string className, HandlerLoadContext assemblies, UnloadWatch watch, ILogger logger)
    {
        this.model = model;
        this.className = className;
        this.assemblies = assemblies;
        this.watch = watch;
        this.logger = logger;
    }

    private IModelHandler Runner => runner ?? throw new ObjectDisposedException(className);

    /// <summary>Loads the assemblies, and makes the handler; its constructor runs here.</summary>
    /// <param name="name">The class.</param>
    /// <param name="context">The archive, with the loggers' and metrics' own ends.</param>
    /// <param name="modelLog">The model log.</param>
    /// <param name="time">The clock.</param>
    /// <param name="watch">Sees whether the assemblies go.</param>
    /// <exception cref="HandlerConfigurationException">There is no such handler, or it cannot be made.</exception>
    /// <exception cref="Exception">Its constructor failed.</exception>
    public static AssemblyHandler Make(HandlerClass name, HandlerContext context, ILogger modelLog, TimeProvider time, UnloadWatch watch)
    {
        AssemblyInspection inspection = AssemblyInspection.Of(context.Folder, name);
        if (inspection.Problems.Count > 0)
            throw new HandlerConfigurationException(string.Join("; ", inspection.Problems));

        string model = $"{context.ModelName} {context.ModelVersion}";
        string path = Path.Combine(context.Folder, name.File);
        HandlerLoadContext assemblies = new($"{model}: {inspection.ClassName}", Path.GetDirectoryName(path)!);
        AssemblyHandler made = new(model, inspection.ClassName!, assemblies, watch, context.Logger);
        try
        {
            made.Load(path, context, modelLog, time);
            AssemblyLog.Loaded(context.Logger, model, made.className);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    public TorchValue[]? ExampleInputs(int batchSize) => Runner.ExampleInputs(batchSize);

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken) =>
        Runner.Handle(batch, module, cancellationToken);

    public void Dispose()
    {
        if (assemblies is null)
            return;
        // A thread of its own: it is not ours, and may hang.
        Task disposal = Task.Factory.StartNew(DisposeHandler, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (!disposal.Wait(DisposalPatience))
            AssemblyLog.DisposeFailed(logger, model, className, $"it did not return within {DisposalPatience.TotalSeconds:0} s");
        log?.Dispose();
        watch.Add(model, className, new WeakReference(assemblies));
        assemblies.Unload();
        // Whoever still has this object does not keep the assemblies with it.
        (assemblies, services, handler, runner, log) = (null, null, null, null, null);
    }

    private void Load(string path, HandlerContext context, ILogger modelLog, TimeProvider time)
    {
        Assembly assembly = assemblies!.LoadFile(path);
        Type type = assembly.GetType(className, throwOnError: true)!;
        if (!type.IsSubclassOf(typeof(ModelHandler)))
            throw new HandlerConfigurationException($"the class '{className}' is no handler: it must derive from {nameof(ArrayHandler)}, {nameof(StreamHandler)} or {nameof(BatchHandler)}");

        log = new ModelLogger(model.Replace(' ', '_'), modelLog, time);
        HandlerContext own = context with { Logger = log };
        ServiceCollection collection = new();
        collection.AddSingleton(own);
        collection.AddSingleton(own.Metrics);
        collection.AddSingleton(time);
        // As objects, which the provider does not dispose: what they say last is told after it has gone.
        collection.AddSingleton<ILogger>(log);
        collection.AddSingleton<ILoggerFactory>(log);
        collection.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        StartupOf(assembly)?.ConfigureServices(collection, own);
        services = collection.BuildServiceProvider();
        handler = (ModelHandler)ActivatorUtilities.CreateInstance(services, type);
        runner = handler switch
        {
            ArrayHandler array => new ArrayHandlerRunner(array),
            StreamHandler stream => new StreamHandlerRunner(stream),
            BatchHandler batch => new BatchHandlerRunner(batch),
            _ => throw new InvalidOperationException($"A {handler.GetType().BaseType} cannot be run. This is a bug."),
        };
    }

    private static HandlerStartup? StartupOf(Assembly assembly)
    {
        Type[] found = [.. assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(HandlerStartup)) && !type.IsAbstract)];
        return found switch
        {
            [] => null,
            [Type one] => (HandlerStartup)Activator.CreateInstance(one)!,
            _ => throw new HandlerConfigurationException($"the handler's assembly has several classes that derive from {nameof(HandlerStartup)}, and may have one: {string.Join(", ", found.Select(type => type.FullName))}"),
        };
    }

    private void DisposeHandler()
    {
        Dispose(handler);
        Dispose(services);
    }

    private void Dispose(object? made)
    {
        try
        {
            if (made is IAsyncDisposable waited)
                waited.DisposeAsync().AsTask().GetAwaiter().GetResult();
            else
                (made as IDisposable)?.Dispose();
        }
        catch (Exception failure)
        {
            AssemblyLog.DisposeFailed(logger, model, className, PrintableText.Shortened(failure.ToString().ReplaceLineEndings(" "), 2000));
        }
    }
}
