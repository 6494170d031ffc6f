using Eisen.Serve.Handlers;
using Eisen.Serve.Logging;

namespace Eisen.Serve.Metrics;

/// <summary>
/// Writes metrics as TorchServe's lines: <c>Name.Unit:value|#Label:value|#hostname:host,timestamp:seconds</c>. What handlers
/// measure is written as it comes; what the server measures is summed up, a line for each metric and interval.
/// </summary>
internal sealed class MetricsLog(ILoggerFactory loggers, TimeProvider time)
{
    private readonly ILogger server = loggers.CreateLogger(LogCategories.ServerMetrics);
    private readonly ILogger models = loggers.CreateLogger(LogCategories.ModelMetrics);
    private readonly Dictionary<MetricCell, (long Changes, double Value)> written = new(ReferenceEqualityComparer.Instance);

    /// <summary>Writes a handler's value.</summary>
    public void Write(HandlerMetric metric)
    {
        string dimensions = string.Join(',', metric.Dimensions.Select(dimension => $"{dimension.Key}:{dimension.Value}"));
        string request = metric.RequestId is null ? "" : $",requestID:{metric.RequestId}";
        MetricsLogMessages.Line(models, $"{metric.Name}.{metric.Unit}:{PrometheusText.Number(metric.Value)}|#{dimensions}|#hostname:{TorchServeMetrics.HostName}{request},timestamp:{Now}");
    }

    /// <summary>Writes what has changed since the last call: what a counter has grown by, and a gauge's value.</summary>
    public void WriteChanges(IEnumerable<MetricFamily> ofServer, IEnumerable<MetricFamily> ofModels)
    {
        HashSet<MetricCell> seen = new(ReferenceEqualityComparer.Instance);
        foreach ((ILogger logger, MetricFamily family) in ofServer.Select(family => (server, family)).Concat(ofModels.Select(family => (models, family))))
        {
            foreach (MetricCell cell in family.Cells)
            {
                seen.Add(cell);
                (long Changes, double Value) before = written.GetValueOrDefault(cell);
                (long Changes, double Value) now = (cell.Changes, cell.Value);
                if (now.Changes == before.Changes)
                    continue;
                written[cell] = now;
                double value = family.Kind == MetricKind.Counter ? now.Value - before.Value : now.Value;
                MetricsLogMessages.Line(logger, $"{family.Name}.{family.Unit}:{PrometheusText.Number(value)}|#{Dimensions(family, cell)}|#hostname:{TorchServeMetrics.HostName},timestamp:{Now}");
            }
        }

        foreach (MetricCell gone in written.Keys.Where(cell => !seen.Contains(cell)).ToArray())
            written.Remove(gone);
    }

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    // The host stands at the end of the line.
    private static string Dimensions(MetricFamily family, MetricCell cell) =>
        string.Join(',', family.Labels.Zip(cell.Values).Where(label => !label.First.Equals("hostname", StringComparison.OrdinalIgnoreCase)).Select(label => $"{label.First}:{label.Second}"));
}
