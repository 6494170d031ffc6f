using Eisen.Serve.Access;
using Eisen.Serve.Background;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;
using Eisen.Serve.Engines;
using Eisen.Serve.Errors;
using Eisen.Serve.Fetching;
using Eisen.Serve.Handlers;
using Eisen.Serve.Inference;
using Eisen.Serve.Listeners;
using Eisen.Serve.Logging;
using Eisen.Serve.Management;
using Eisen.Serve.Metrics;
using Eisen.Serve.Python;
using Eisen.Serve.Snapshots;
using Eisen.Serve.Telemetry;
using Microsoft.AspNetCore.Connections;
using Serilog;
using Serilog.Extensions.Logging;

namespace Eisen.Serve.Hosting;

/// <summary>Puts the web application together: listeners, services, and the order of the middleware.</summary>
internal static class WebHost
{
    /// <summary>The name of the inference listener's OpenAPI document.</summary>
    public const string Inference = "inference";

    /// <summary>The name of the management listener's OpenAPI document.</summary>
    public const string Management = "management";

    /// <summary>The name of the metrics listener's OpenAPI document.</summary>
    public const string Metrics = "metrics";

    /// <summary>How long the server waits at its end, beyond the time that requests under way are given.</summary>
    private static readonly TimeSpan StopReserve = TimeSpan.FromSeconds(5);

    /// <summary>Builds the application; nothing listens yet.</summary>
    public static WebApplication Build(ServerSettings settings, string unpackFolder, LogFiles logs)
    {
        // The other builders read appsettings.json and ASPNETCORE_ variables, with which whoever owns the working folder
        // could open further listeners, and watch that folder for changes. What is configured here comes from our settings alone.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddSerilog(logs.Logger);
        // It would say when each request begins and ends, and while it could it makes an activity for each. AddSerilog lets
        // everything through to its provider; only a filter for that provider is stronger.
        builder.Logging.AddFilter<SerilogLoggerProvider>("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.MaxRequestSize;
            foreach ((ListenerRole role, _, ListenAddress address) in settings.Listeners)
                kestrel.Listen(role, address, settings.Certificate);
        });
        // After Kestrel, which registers pools of its own: the last one counts.
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ConnectionMemoryPool.Factory>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.GracefulShutdownTimeout + StopReserve);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(new InflightBytes(settings.MaxInflightBytes ?? Math.Max(InflightBytes.DefaultLimit, settings.MaxRequestSize)));
        builder.Services.AddSingleton(new ModelDefaults
        {
            Handler = settings.DefaultServiceHandler,
            Workers = settings.DefaultWorkersPerModel,
            Parameters = settings.Models.ToDictionary(model => (model.Name, model.Version), model => model.Parameters),
            JobQueueSize = settings.JobQueueSize,
            ResponseTimeout = settings.DefaultResponseTimeout,
            StartupTimeout = settings.DefaultStartupTimeout,
            GpuLimit = settings.NumberOfGpu,
            IntraOpThreads = settings.IntraOpThreads,
            Optimize = settings.OptimizeModels,
            Envelope = settings.Python.Envelope is { } envelope ? Enum.Parse<EnvelopeKind>(envelope, ignoreCase: true) : EnvelopeKind.None,
        });
        builder.Services.AddSingleton(_ => TorchEngines.Open(settings.TorchEngine));
        builder.Services.AddSingleton<ModelRegistry>();
        builder.Services.AddSingleton(settings.Python with { UnpackFolder = unpackFolder });
        builder.Services.AddSingleton<IWorkerKind, PythonWorkerKind>();
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<HandlerFactory>(services, settings.AllowsAssemblies));
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<ModelReconciler>(services, unpackFolder));
        builder.Services.AddSingleton<ArchiveLocator>();
        builder.Services.AddSingleton<ModelChanges>();
        builder.Services.AddServerMetrics(settings.Metrics);
        if (settings.Access.NeedsTokens)
            builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<Tokens>(services, settings.Access));
        builder.Services.AddFetching(settings, unpackFolder);
        builder.Services.AddSingleton<RequestReader>();
        builder.Services.AddSingleton<Predictions>();
        builder.Services.AddSingleton<ApiDescription>();
        builder.Services.AddSingleton<StartupModels>();
        builder.Services.AddSingleton<SnapshotWriter>();
        builder.Services.AddSingleton(logs.Dropped);
        builder.Services.AddSingleton(services => new AccessLog(logs.Logger, logs.Dropped, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService<DroppedLinesWatch>();
        builder.Services.AddHostedService<OrphanReaper>();
        builder.Services.AddSingleton<RequestsUnderWay>();
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Readiness>());
        builder.Services.AddOpenApi(Inference, document => document.AddDocumentTransformer(ApiDocument.DescribeInference));
        builder.Services.AddOpenApi(Management, document => document.AddDocumentTransformer(ApiDocument.DescribeManagement));
        builder.Services.AddOpenApi(Metrics, document => document.AddDocumentTransformer(ApiDocument.DescribeMetrics));

        if (settings.Telemetry.IsOn)
            builder.AddTelemetry(settings.Telemetry);

        WebApplication app = builder.Build();
        app.Use((context, next) => AddHeaders(context, next, settings.Cors));
        app.UseMiddleware<ErrorMiddleware>();
        app.MapListener(ListenerRole.Inference, branch => UseSwaggerPage(branch, Inference), endpoints =>
        {
            endpoints.MapOpenApi();
            ApiDescription.Map(endpoints, Inference);
            endpoints.MapGroup("").WithGroupName(Inference).MapInference();
        });
        app.MapListener(ListenerRole.Management, branch => UseSwaggerPage(branch, Management), endpoints =>
        {
            endpoints.MapOpenApi();
            ApiDescription.Map(endpoints, Management);
            endpoints.MapGroup("").WithGroupName(Management).WithTags("Models").MapManagement(settings.EnableModelApi);
            endpoints.MapGroup("").WithGroupName(Management).MapTokens();
        });
        app.MapListener(ListenerRole.Metrics, branch => UseSwaggerPage(branch, Metrics), endpoints =>
        {
            endpoints.MapOpenApi();
            ApiDescription.Map(endpoints, Metrics);
            endpoints.MapGroup("").WithGroupName(Metrics).MapMetrics();
        });
        return app;
    }

    private static Task AddHeaders(HttpContext context, RequestDelegate next, CorsSettings cors)
    {
        IHeaderDictionary headers = context.Response.Headers;
        context.TraceIdentifier = RequestId.Next();
        headers["x-request-id"] = context.TraceIdentifier;
        // TorchServe's answers have them whether the request comes from a browser or not.
        if (cors.Origin is not null)
            headers.AccessControlAllowOrigin = cors.Origin;
        if (cors.Methods is not null)
            headers.AccessControlAllowMethods = cors.Methods;
        if (cors.Headers is not null)
            headers.AccessControlAllowHeaders = cors.Headers;
        // TorchServe's three ways of saying that answers are not to be kept.
        headers.Pragma = "no-cache";
        headers.CacheControl = "no-cache; no-store, must-revalidate, private";
        headers.Expires = "Thu, 01 Jan 1970 00:00:00 UTC";
        return next(context);
    }

    private static void UseSwaggerPage(IApplicationBuilder branch, string document)
    {
        string own = $"/openapi/{document}.json";
        branch.UseWhen(context => context.Request.Path.StartsWithSegments("/swagger"), pages => pages.UseSwaggerUI(page =>
        {
            page.DocumentTitle = $"Eisen.Serve {document}";
            page.SwaggerEndpoint(own, document);
        }));
        branch.UseWhen(context => context.Request.Path.StartsWithSegments("/openapi"), documents => documents.Use((context, next) =>
        {
            // The one OpenAPI endpoint knows all documents; a listener shows its own.
            if (context.Request.Path == own)
                return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }));
    }
}
