using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;

namespace Eisen.Serve.Metrics;

/// <summary>
/// Brings what is measured where the configuration says: to the metrics listener when it is asked, and to the log once
/// an interval.
/// </summary>
internal sealed class MetricsReport : BackgroundService
{
    private readonly MetricsSettings settings;
    private readonly TorchServeMetrics torchServe;
    private readonly PredictionMetrics predictions;
    private readonly MetricsLog log;
    private readonly ModelRegistry registry;
    private readonly TimeProvider time;
    private readonly ILogger<MetricsReport> logger;
    private readonly HostMeasurements host = new();
    private readonly MeterView? view;
    private readonly Lock looking = new();
    private GpuMeasurements? gpus;

    // The meter is asked for so that there is one to listen to.
    public MetricsReport(
        MetricsSettings settings, TorchServeMetrics torchServe, PredictionMetrics predictions, MetricsLog log, ModelRegistry registry, ServerMeter meter, TimeProvider time, ILogger<MetricsReport> logger)
    {
        this.settings = settings;
        this.torchServe = torchServe;
        this.predictions = predictions;
        this.log = log;
        this.registry = registry;
        this.time = time;
        this.logger = logger;
        if (!settings.OmitsSystemMetrics)
            gpus = GpuMeasurements.Open();
        if (settings.Mode == MetricsMode.Prometheus)
            view = new MeterView(ServerMeter.Name);
    }

    /// <summary>What the metrics listener shows now.</summary>
    public IReadOnlyList<MetricFamily> Look()
    {
        lock (looking)
        {
            predictions.ForgetModels();
            UpdateWorkers();
            IReadOnlyList<MetricFamily> ours = view?.Look(IsGone) ?? [];
            return [.. torchServe.Shown, .. ours];
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        view?.Dispose();
        // A last look may be under way, or still to come.
        lock (looking)
        {
            gpus?.Dispose();
            gpus = null;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(settings.Interval, time);
        try
        {
            do
            {
                lock (looking)
                    Update();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The server stops: what was counted since the last time is told now.
        }

        lock (looking)
            Update();
    }

    private void Update()
    {
        try
        {
            if (!settings.OmitsSystemMetrics)
                host.Update(torchServe);
            gpus?.Update(torchServe);
            predictions.ForgetModels();
            UpdateWorkers();
            log.WriteChanges(torchServe.Logged, torchServe.LoggedOfModels);
        }
        catch (Exception failure)
        {
            // What is measured must not end the server.
            MetricsLogMessages.CannotMeasure(logger, failure);
        }
    }

    private void UpdateWorkers()
    {
        Dictionary<string, double> loaded = [];
        foreach (ModelVersion version in registry.Models.SelectMany(model => model.Versions))
        {
            foreach (WorkerStatus worker in version.Workers)
            {
                if (worker.LoadTime is { } loadTime)
                    loaded[$"W-{worker.Id}-{version.Name}_{version.Version}"] = Math.Floor(loadTime.TotalMilliseconds);
            }
        }

        torchServe.SetWorkers("WorkerLoadTime", loaded);
    }

    private bool IsGone(string labels) => !registry.Models.Any(model => labels.StartsWith(PrometheusText.Labels([ServerMeter.ModelTag], [model.Name]), StringComparison.Ordinal));
}
