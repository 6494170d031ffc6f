using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Metrics;

/// <summary>TorchServe's metrics, by its names and labels. What is not among the configured ones is not kept.</summary>
internal sealed class TorchServeMetrics : IHandlerMetrics
{
    // Names that handlers make up.
    private const int MostDetected = 1000;
    private const string HostLevel = "Host";
    private const string ModelLevel = "Model";

    private readonly MetricsSettings settings;
    private readonly MetricsLog log;
    private readonly Dictionary<string, MetricFamily> server = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, MetricFamily> models = new(StringComparer.Ordinal);

    /// <exception cref="UserMistakeException">The configured metrics cannot be.</exception>
    public TorchServeMetrics(MetricsSettings settings, MetricsLog log)
    {
        this.settings = settings;
        this.log = log;
        MetricsConfig config = settings.ConfigFile is null ? MetricsConfig.Default : MetricsConfig.Read(settings.ConfigFile);
        foreach (MetricDefinition definition in config.Server)
        {
            // Values are given by place, as TorchServe does: other names for the dimensions are fine, another number is not.
            MetricDefinition? known = MetricsConfig.Default.Server.FirstOrDefault(metric => metric.Name == definition.Name);
            if (known is not null && (known.Dimensions.Count != definition.Dimensions.Count || known.Kind != definition.Kind))
                throw new UserMistakeException($"metrics_config: {known.Name} is a {known.Kind.ToString().ToLowerInvariant()} with {known.Dimensions.Count} dimensions, such as {string.Join(", ", known.Dimensions)}");
            server.Add(definition.Name, Family(definition));
        }

        foreach (MetricDefinition definition in config.Models)
            models.TryAdd(definition.Name, Family(definition));
    }

    /// <summary>This machine's name, as labels have it.</summary>
    public static string HostName { get; } = Environment.MachineName;

    /// <summary>Raised for each metric of a handler's that is kept without having been configured.</summary>
    public event Action<MetricFamily>? Detected;

    /// <summary>Everything that is kept.</summary>
    public IEnumerable<MetricFamily> All => server.Values.Concat(models.Values);

    /// <summary>What the metrics listener shows.</summary>
    public IEnumerable<MetricFamily> Shown => settings.Mode switch
    {
        MetricsMode.Prometheus => All,
        MetricsMode.Legacy => server.Values,
        _ => [],
    };

    /// <summary>What is written to the log from time to time.</summary>
    public IEnumerable<MetricFamily> Logged => settings.Mode == MetricsMode.Log ? server.Values : [];

    /// <summary>What handlers' metrics are written to the log from time to time.</summary>
    public IEnumerable<MetricFamily> LoggedOfModels => settings.Mode is MetricsMode.Log or MetricsMode.Legacy ? models.Values : [];

    /// <summary>A metric of the machine's.</summary>
    /// <returns>Null when it is not kept.</returns>
    public MetricCell? Host(string name) => Find(name)?.Cell(HostLevel, HostName);

    /// <summary>A metric of a GPU's.</summary>
    /// <returns>Null when it is not kept.</returns>
    public MetricCell? Gpu(string name, string device) => Find(name)?.Cell(HostLevel, device, HostName);

    /// <summary>Sets a metric of each worker that there is, and forgets that of others.</summary>
    public void SetWorkers(string name, IReadOnlyDictionary<string, double> values)
    {
        if (Find(name) is not { } family)
            return;
        HashSet<MetricCell> kept = new(ReferenceEqualityComparer.Instance);
        foreach ((string worker, double value) in values)
        {
            if (family.Cell(worker, HostLevel, HostName) is not { } cell)
                continue;
            kept.Add(cell);
            if (!cell.IsSet || cell.Value != value)
                cell.Set(value);
        }

        foreach (MetricCell cell in family.Cells)
        {
            if (!kept.Contains(cell))
                family.Remove(cell);
        }
    }

    /// <summary>A metric of a model as it was asked for.</summary>
    /// <returns>Null when it is not kept.</returns>
    public MetricCell? Asked(string name, string model, string version) => Find(name)?.Cell(model, version, HostName);

    /// <summary>A metric of a built-in handler.</summary>
    /// <returns>Null when it is not kept.</returns>
    public MetricCell? Handler(string name, string model) =>
        models.TryGetValue(name, out MetricFamily? family) ? Cell(family, [new("ModelName", model), new("Level", ModelLevel)]) : null;

    /// <summary>Forgets values of a model or worker that is not there any more.</summary>
    public void Forget(Predicate<string> isGone)
    {
        foreach (MetricFamily family in server.Values.Concat(models.Values))
        {
            foreach (MetricCell cell in family.Cells)
            {
                if (isGone(cell.Labels))
                    family.Remove(cell);
            }
        }
    }

    public void Report(string modelName, HandlerMetric metric)
    {
        if (settings.Mode is MetricsMode.Log or MetricsMode.Legacy)
            log.Write(metric);
        if (!TryDetect(metric, out MetricFamily? family) || Cell(family, [.. metric.Dimensions]) is not { } cell)
            return;
        MetricFamily.Record(family.Kind, cell, metric.Value);
    }

    private MetricFamily? Find(string name) => server.GetValueOrDefault(name);

    private bool TryDetect(HandlerMetric metric, [NotNullWhen(true)] out MetricFamily? family)
    {
        if (models.TryGetValue(metric.Name, out family))
            return true;
        if (!settings.DetectsModelMetrics || models.Count >= MostDetected || server.ContainsKey(metric.Name) || !MetricsConfig.IsName(metric.Name))
            return false;
        MetricKind kind = metric.Type.ToLowerInvariant() switch { "gauge" => MetricKind.Gauge, "histogram" => MetricKind.Histogram, _ => MetricKind.Counter };
        string[] labels = [.. metric.Dimensions.Select(dimension => dimension.Key).Where(MetricsConfig.IsLabel).Append("Hostname").Distinct()];
        MetricFamily detected = Family(new MetricDefinition(metric.Name, kind, PrintableText.Shortened(metric.Unit), labels));
        family = models.GetOrAdd(metric.Name, detected);
        if (family == detected)
            Detected?.Invoke(family);
        return true;
    }

    private static MetricCell? Cell(MetricFamily family, IReadOnlyList<KeyValuePair<string, string>> dimensions) =>
        family.Cell([.. family.Labels.Select(label => dimensions.FirstOrDefault(dimension => dimension.Key == label).Value
            ?? (label.Equals("hostname", StringComparison.OrdinalIgnoreCase) ? HostName : ""))]);

    private static MetricFamily Family(MetricDefinition definition) =>
        new(definition.Name, definition.Kind, $"Torchserve prometheus {definition.Kind.ToString().ToLowerInvariant()} metric with unit: {definition.Unit}", definition.Dimensions) { Unit = definition.Unit };
}
