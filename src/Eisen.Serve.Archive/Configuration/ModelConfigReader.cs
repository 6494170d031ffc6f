using System.Text.Json;
using System.Text.Json.Nodes;
using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>Reads a model's configuration file. Every mistake in it is reported at once.</summary>
internal sealed class ModelConfigReader
{
    // An archive may come from a stranger: what it asks for, the server must be able to give.
    private const int MostRequests = 1_000_000;
    private const int MostThreads = 1024;
    private const int HighestDeviceId = 1024;

    // What an archive's own handler reads may have any name; but nobody calls a setting of theirs nearly as one of these.
    private const int ChangesOfAMisspelling = 2;

    private static readonly string[] Keys =
    [
        "minWorkers", "maxWorkers", "batchSize", "maxBatchDelay", "responseTimeout", "startupTimeout", "jobQueueSize", "deviceType",
        "deviceIds", "intraOpThreads", "clientTimeoutInMills", "maxRetryTimeoutInSec", "handler", "python",
    ];

    private readonly JsonObject all;
    private readonly List<string> mistakes;

    private ModelConfigReader(JsonObject all, List<string> mistakes)
    {
        this.all = all;
        this.mistakes = mistakes;
    }

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="ArchiveException">It is not YAML, or it says something wrong.</exception>
    public static ModelConfigFile Read(ArchiveSource source, string name, ReadOnlyMemory<byte> yaml)
    {
        ModelConfigFile config = Read(name, yaml, out IReadOnlyList<string> mistakes);
        return mistakes.Count == 0
            ? config
            : throw source.Fault($"{PrintableText.Shortened(name)}: {string.Join("; ", mistakes)}.");
    }

    /// <summary>Reads a configuration as far as it is right.</summary>
    public static ModelConfigFile Read(string name, ReadOnlyMemory<byte> yaml, out IReadOnlyList<string> mistakes)
    {
        List<string> found = [];
        mistakes = found;
        JsonNode? root = YamlTree.Read(yaml, found);
        // A file with nothing but comments is a configuration that sets nothing.
        if ((root ?? new JsonObject()) is JsonObject all)
            return new ModelConfigReader(all, found).Read(PrintableText.Shortened(name));
        found.Add($"it must be a map of settings, not {Describe(root)}");
        return new ModelConfigFile();
    }

    private ModelConfigFile Read(string name)
    {
        ModelConfigFile config = new()
        {
            MinWorkers = Integer("minWorkers", 0, ModelConfigFile.MostWorkers),
            MaxWorkers = Integer("maxWorkers", 0, ModelConfigFile.MostWorkers),
            BatchSize = Integer("batchSize", 1, MostRequests),
            MaxBatchDelay = Integer("maxBatchDelay", 0, int.MaxValue),
            ResponseTimeout = Integer("responseTimeout", 1, int.MaxValue),
            StartupTimeout = Integer("startupTimeout", 1, int.MaxValue),
            JobQueueSize = Integer("jobQueueSize", 1, MostRequests),
            DeviceType = Text("deviceType"),
            DeviceIds = Integers("deviceIds", 0, HighestDeviceId),
            IntraOpThreads = Integer("intraOpThreads", 1, MostThreads),
            ClientTimeoutInMills = Integer("clientTimeoutInMills", 0, int.MaxValue),
            MaxRetryTimeoutInSec = Integer("maxRetryTimeoutInSec", 0, int.MaxValue),
            Handler = Map("handler"),
            All = all,
            Warnings = [.. Misspelled().Select(warning => $"{name}: {warning}")],
        };
        if (config.MaxWorkers < config.MinWorkers)
            mistakes.Add($"maxWorkers ({config.MaxWorkers}) must not be less than minWorkers ({config.MinWorkers})");
        return config;
    }

    private IEnumerable<string> Misspelled() =>
        from key in all.Select(setting => setting.Key)
        where !Keys.Contains(key)
        let meant = Nearest.Find(key, Keys, ChangesOfAMisspelling)
        where meant is not null && !all.ContainsKey(meant)
        select $"{PrintableText.Quoted(key)} is not known to the server; did you mean '{meant}'?";

    private int? Integer(string key, int least, int most)
    {
        if (all[key] is not { } node)
            return null;
        if (TryReadInteger(node, least, most, out int number))
            return number;
        mistakes.Add($"{key} must be a whole number from {least} to {most}, not {Describe(node)}");
        return null;
    }

    private List<int>? Integers(string key, int least, int most)
    {
        if (all[key] is not { } node)
            return null;
        if (node is not JsonArray items)
        {
            mistakes.Add($"{key} must be a list of whole numbers, not {Describe(node)}");
            return null;
        }

        List<int> numbers = [];
        foreach (JsonNode? item in items)
        {
            if (item is not null && TryReadInteger(item, least, most, out int number))
            {
                numbers.Add(number);
                continue;
            }

            mistakes.Add($"{key} must have whole numbers from {least} to {most}, not {Describe(item)}");
            return null;
        }

        return numbers;
    }

    private string? Text(string key)
    {
        if (all[key] is not { } node)
            return null;
        if (node.GetValueKind() == JsonValueKind.String && node.GetValue<string>() is { Length: > 0 } text)
            return text;
        mistakes.Add($"{key} must be a text, not {Describe(node)}");
        return null;
    }

    private JsonObject Map(string key)
    {
        JsonNode? node = all[key];
        if (node is null)
            return [];
        if (node is JsonObject map)
            return map;
        mistakes.Add($"{key} must be a map, not {Describe(node)}");
        return [];
    }

    private static bool TryReadInteger(JsonNode node, int least, int most, out int number)
    {
        number = 0;
        return node.GetValueKind() == JsonValueKind.Number
            && node.AsValue().TryGetValue(out number)
            && number >= least
            && number <= most;
    }

    private static string Describe(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "a map",
        JsonArray => "a list",
        _ when node.GetValueKind() == JsonValueKind.String => PrintableText.Quoted(node.GetValue<string>()),
        _ => node.ToJsonString(),
    };
}
