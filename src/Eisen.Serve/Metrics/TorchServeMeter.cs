using System.Diagnostics.Metrics;

namespace Eisen.Serve.Metrics;

/// <summary>
/// Those of TorchServe's metrics that nothing else measures, the machine's, the workers' and the handlers' own, as instruments
/// on <see cref="System.Diagnostics.Metrics"/> that read what is counted in any case. Times and counts of predictions are
/// <see cref="ServerMeter"/>'s and ASP.NET's, in better units; they are not told twice. Histograms, which only a handler of
/// its own making has, cannot be read by such instruments and stay with the metrics listener.
/// </summary>
internal sealed class TorchServeMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Eisen.Serve.TorchServe";

    private static readonly HashSet<string> ToldElsewhere = new(StringComparer.Ordinal)
    {
        "Requests2XX", "Requests4XX", "Requests5XX", "ts_inference_requests_total", "ts_inference_latency_microseconds", "ts_queue_latency_microseconds",
        "QueueTime", "WorkerThreadTime", "HandlerTime", "PredictionTime",
    };

    // TorchServe's words as UCUM has them, which OpenTelemetry takes. Its megabytes are those of 1024.
    private static readonly Dictionary<string, string> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Count"] = "1",
        ["Percent"] = "%",
        ["Milliseconds"] = "ms",
        ["Microseconds"] = "us",
        ["Bytes"] = "By",
        ["Kilobytes"] = "KiBy",
        ["Megabytes"] = "MiBy",
        ["Gigabytes"] = "GiBy",
    };

    private readonly Meter meter = new(Name, ProductVersion.Text);
    private readonly TorchServeMetrics metrics;

    public TorchServeMeter(TorchServeMetrics metrics)
    {
        this.metrics = metrics;
        metrics.Detected += Add;
        foreach (MetricFamily family in metrics.All)
            Add(family);
    }

    public void Dispose()
    {
        metrics.Detected -= Add;
        meter.Dispose();
    }

    private void Add(MetricFamily family)
    {
        if (ToldElsewhere.Contains(family.Name))
            return;
        string? unit = Units.GetValueOrDefault(family.Unit);
        if (family.Kind == MetricKind.Counter)
            meter.CreateObservableCounter(family.Name, () => Read(family), unit, family.Help);
        else if (family.Kind == MetricKind.Gauge)
            meter.CreateObservableGauge(family.Name, () => Read(family), unit, family.Help);
    }

    private static IEnumerable<Measurement<double>> Read(MetricFamily family) =>
        from cell in family.Cells
        where cell.IsSet
        select new Measurement<double>(cell.Value, family.Labels.Zip(cell.Values, (label, value) => new KeyValuePair<string, object?>(label, value)));
}
