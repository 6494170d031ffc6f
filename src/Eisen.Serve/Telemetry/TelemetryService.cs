using Eisen.Serve.Configuration;
using Eisen.Serve.Metrics;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Eisen.Serve.Telemetry;

/// <summary>Says where telemetry goes, and sends what is left of it at the server's end, in bounded time.</summary>
internal sealed class TelemetryService : IHostedLifecycleService
{
    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(3);

    private readonly TelemetrySettings settings;
    private readonly TracerProvider? traces;
    private readonly MeterProvider? metrics;
    private readonly ILogger<TelemetryService> logger;
    private bool hasEnded;

    // The watch and the meter are asked for so that there are some.
    public TelemetryService(TelemetrySettings settings, ExporterWatch watch, IServiceProvider services, ILogger<TelemetryService> logger)
    {
        this.settings = settings;
        this.logger = logger;
        services.GetService<TorchServeMeter>();
        traces = services.GetService<TracerProvider>();
        metrics = services.GetService<MeterProvider>();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        TelemetryLog.Sending(logger, settings switch { { SendsTraces: false } => "Metrics", { SendsMetrics: false } => "Traces", _ => "Traces and metrics" }, settings.Collector);
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>When the listeners have closed: nothing more is to come.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        // The server stops the host once more at its very end.
        if (Interlocked.Exchange(ref hasEnded, true))
            return;
        int milliseconds = (int)FlushPatience.TotalMilliseconds;
        bool[] sent = await Task.WhenAll(
            Task.Run(() => traces?.Shutdown(milliseconds) ?? true, CancellationToken.None), Task.Run(() => metrics?.Shutdown(milliseconds) ?? true, CancellationToken.None));
        if (sent.Contains(false))
            TelemetryLog.NotFlushed(logger, settings.Collector, FlushPatience.TotalSeconds);
    }
}
