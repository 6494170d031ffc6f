using System.Diagnostics;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;
using Eisen.Serve.Listeners;
using Eisen.Serve.Metrics;
using OpenTelemetry;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Eisen.Serve.Telemetry;

/// <summary>The door to OpenTelemetry: traces and metrics for a collector, over OTLP. Nothing else of the program knows of it, so
/// that its assemblies are not even loaded where nothing is sent.</summary>
internal static class TelemetryExtensions
{
    private const string DefaultServiceName = "eisen-serve";

    /// <summary>Adds what listens to spans and measurements, and sends them.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, TelemetrySettings settings)
    {
        // The library looks for them in the application's configuration.
        builder.Configuration.AddInMemoryCollection(TelemetrySettings.Variables);
        builder.Services.AddSingleton(settings);
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(Describe);
        if (settings.SendsTraces)
        {
            telemetry.WithTracing(tracing => tracing
                .AddSource(EngineTracing.SourceName)
                .AddAspNetCoreInstrumentation(Configure)
                .AddOtlpExporter());
        }

        if (settings.SendsMetrics)
        {
            builder.Services.AddSingleton<TorchServeMeter>();
            telemetry.WithMetrics(metrics => metrics
                .AddMeter(ServerMeter.Name, TorchServeMeter.Name, "System.Runtime")
                .AddAspNetCoreInstrumentation()
                .AddOtlpExporter());
        }

        builder.Services.AddSingleton<ExporterWatch>();
        builder.Services.AddHostedService<TelemetryService>();
    }

    // What the environment says comes last, and wins.
    private static void Describe(ResourceBuilder resource) => resource
        .Clear()
        .AddService(DefaultServiceName, serviceVersion: ProductVersion.Text)
        .AddAttributes([new("host.name", TorchServeMetrics.HostName), new("process.pid", Environment.ProcessId)])
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();

    private static void Configure(AspNetCoreTraceInstrumentationOptions requests)
    {
        requests.Filter = IsTraced;
        requests.EnrichWithHttpResponse = Describe;
    }

    // Monitoring asks all the time, and nobody wants to know how that went.
    private static bool IsTraced(HttpContext context) =>
        context.Features.Get<RoleFeature>()?.Role != ListenerRole.Metrics && !context.Request.Path.StartsWithSegments("/ping") && !context.Request.Path.StartsWithSegments("/v2/health");

    private static void Describe(Activity request, HttpResponse response)
    {
        request.SetTag("request.id", response.HttpContext.TraceIdentifier);
        // A client may write a patient's name into what follows the model; http.route says what was asked.
        request.SetTag("url.path", null);
        request.SetTag("url.query", null);
    }
}
