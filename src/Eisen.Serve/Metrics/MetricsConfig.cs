using System.Text.RegularExpressions;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Eisen.Serve.Metrics;

/// <summary>Which metrics are kept: TorchServe's own set, or what a YAML file in TorchServe's form says.</summary>
/// <param name="Server">What the server measures.</param>
/// <param name="Models">What handlers measure.</param>
internal sealed partial record MetricsConfig(IReadOnlyList<MetricDefinition> Server, IReadOnlyList<MetricDefinition> Models)
{
    private const int MaxFileBytes = 1 << 20;
    private const int MostMetrics = 1000;

    private static readonly string[] Host = ["Level", "Hostname"];
    private static readonly string[] Device = ["Level", "DeviceId", "Hostname"];
    private static readonly string[] Model = ["ModelName", "Level", "Hostname"];
    private static readonly string[] Asked = ["model_name", "model_version", "hostname"];

    /// <summary>What TorchServe keeps when nothing else is said.</summary>
    public static MetricsConfig Default { get; } = new(
        [
            new("Requests2XX", MetricKind.Counter, "Count", Host),
            new("Requests4XX", MetricKind.Counter, "Count", Host),
            new("Requests5XX", MetricKind.Counter, "Count", Host),
            new("ts_inference_requests_total", MetricKind.Counter, "Count", Asked),
            new("ts_inference_latency_microseconds", MetricKind.Counter, "Microseconds", Asked),
            new("ts_queue_latency_microseconds", MetricKind.Counter, "Microseconds", Asked),
            new("QueueTime", MetricKind.Gauge, "Milliseconds", Host),
            new("WorkerThreadTime", MetricKind.Gauge, "Milliseconds", Host),
            new("WorkerLoadTime", MetricKind.Gauge, "Milliseconds", ["WorkerName", "Level", "Hostname"]),
            new("CPUUtilization", MetricKind.Gauge, "Percent", Host),
            new("MemoryUsed", MetricKind.Gauge, "Megabytes", Host),
            new("MemoryAvailable", MetricKind.Gauge, "Megabytes", Host),
            new("MemoryUtilization", MetricKind.Gauge, "Percent", Host),
            new("DiskUsage", MetricKind.Gauge, "Gigabytes", Host),
            new("DiskUtilization", MetricKind.Gauge, "Percent", Host),
            new("DiskAvailable", MetricKind.Gauge, "Gigabytes", Host),
            new("GPUMemoryUtilization", MetricKind.Gauge, "Percent", Device),
            new("GPUMemoryUsed", MetricKind.Gauge, "Megabytes", Device),
            new("GPUUtilization", MetricKind.Gauge, "Percent", Device),
        ],
        [
            new("HandlerTime", MetricKind.Gauge, "ms", Model),
            new("PredictionTime", MetricKind.Gauge, "ms", Model),
        ]);

    /// <summary>Reads a file in the form of TorchServe's <c>metrics.yaml</c>.</summary>
    /// <exception cref="UserMistakeException">It cannot be read, or says what cannot be; the message names every mistake.</exception>
    public static MetricsConfig Read(string path)
    {
        try
        {
            // The operator's own file, whose anchors name dimensions; they are references here, and nothing is copied for them.
            YamlStream yaml = [];
            FileInfo file = new(path);
            if (file.Length > MaxFileBytes)
                throw new UserMistakeException($"metrics_config {path} is larger than {MaxFileBytes >> 20} MiB");
            using (StreamReader reader = file.OpenText())
                yaml.Load(reader);
            if (yaml.Documents is not [{ RootNode: YamlMappingNode root }])
                throw new UserMistakeException($"metrics_config {path} must be a mapping with ts_metrics and model_metrics");
            List<string> mistakes = [];
            MetricsConfig config = new(Section(root, "ts_metrics", mistakes), Section(root, "model_metrics", mistakes));
            return mistakes.Count == 0 ? config : throw new UserMistakeException($"metrics_config {path}: {string.Join("; ", mistakes)}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or YamlException)
        {
            throw new UserMistakeException($"metrics_config {path} cannot be read: {PrintableText.Escaped(failure.Message)}");
        }
    }

    /// <summary>Whether a text can be the name of a metric.</summary>
    public static bool IsName(string text) => NameForm().IsMatch(text);

    /// <summary>Whether a text can be the name of a label; <c>le</c> is the histograms' own.</summary>
    public static bool IsLabel(string text) => text != "le" && !text.Contains(':', StringComparison.Ordinal) && IsName(text);

    private static List<MetricDefinition> Section(YamlMappingNode root, string section, List<string> mistakes)
    {
        List<MetricDefinition> definitions = [];
        if (!root.Children.TryGetValue(section, out YamlNode? node))
            return definitions;
        foreach (MetricKind kind in Enum.GetValues<MetricKind>())
        {
            string name = kind.ToString().ToLowerInvariant();
            if (node is not YamlMappingNode kinds)
            {
                mistakes.Add($"{section} must be a mapping of counter, gauge and histogram");
                return definitions;
            }

            if (!kinds.Children.TryGetValue(name, out YamlNode? list) || list is YamlScalarNode { Value: null or "" })
                continue;
            if (list is not YamlSequenceNode items)
            {
                mistakes.Add($"{section}.{name} must be a list");
                continue;
            }

            foreach ((int index, YamlNode item) in items.Children.Index())
            {
                if (Definition(item, kind, $"{section}.{name}[{index}]", mistakes) is not { } definition)
                    continue;
                if (definitions.Any(other => other.Name == definition.Name))
                    mistakes.Add($"{section} has {definition.Name} twice");
                else if (definitions.Count < MostMetrics)
                    definitions.Add(definition);
                else
                    mistakes.Add($"{section} has more than {MostMetrics} metrics");
            }
        }

        return definitions;
    }

    private static MetricDefinition? Definition(YamlNode item, MetricKind kind, string where, List<string> mistakes)
    {
        if (item is not YamlMappingNode metric || Text(metric, "name") is not { } name || !IsName(name))
        {
            mistakes.Add($"{where} needs a name of letters, digits, underscores and colons");
            return null;
        }

        List<string> dimensions = [];
        if (metric.Children.TryGetValue("dimensions", out YamlNode? given))
        {
            foreach (YamlNode dimension in given is YamlSequenceNode list ? list.Children : [given])
            {
                if (dimension is YamlScalarNode { Value: { } label } && IsLabel(label) && !dimensions.Contains(label))
                    dimensions.Add(label);
                else
                    mistakes.Add($"{where}: dimensions must be different names of letters, digits and underscores");
            }
        }

        return new MetricDefinition(name, kind, Text(metric, "unit") ?? "", dimensions);
    }

    private static string? Text(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out YamlNode? value) && value is YamlScalarNode scalar ? scalar.Value : null;

    [GeneratedRegex(@"\A[a-zA-Z_:][a-zA-Z0-9_:]{0,199}\z")]
    private static partial Regex NameForm();
}
