using System.Text.Json;
using System.Text.Json.Nodes;
using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>Reads a model's configuration file. Every mistake in it is reported at once.</summary>
internal sealed class ModelConfigReader
{
    // An archive may come from a stranger: what it asks for, the server must be able to give.
    private const int MostWorkers = 1024;
    private const int MostRequests = 1_000_000;
    private const int MostThreads = 1024;
    private const int HighestDeviceId = 1024;

    private readonly JsonObject all;
    private readonly List<string> mistakes = [];

    private ModelConfigReader(JsonObject all) => this.all = all;

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="ArchiveException">It is not YAML, or it says something wrong.</exception>
    public static ModelConfigFile Read(ArchiveSource source, string name, ReadOnlyMemory<byte> yaml)
    {
        string shown = PrintableText.Shortened(name);
        JsonNode? root;
        try
        {
            root = YamlTree.Read(yaml);
        }
        catch (InvalidDataException notYaml)
        {
            throw source.Fault($"{shown}: {notYaml.Message}", notYaml);
        }

        // A file with nothing but comments is a configuration that sets nothing.
        if ((root ?? new JsonObject()) is not JsonObject all)
            throw source.Fault($"{shown}: it must be a map of settings, not {Describe(root)}.");

        ModelConfigReader reader = new(all);
        ModelConfigFile config = reader.Read();
        return reader.mistakes.Count == 0
            ? config
            : throw source.Fault($"{shown}: {string.Join("; ", reader.mistakes)}.");
    }

    private ModelConfigFile Read()
    {
        ModelConfigFile config = new()
        {
            MinWorkers = Integer("minWorkers", 0, MostWorkers),
            MaxWorkers = Integer("maxWorkers", 0, MostWorkers),
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
        };
        if (config.MaxWorkers < config.MinWorkers)
            mistakes.Add($"maxWorkers ({config.MaxWorkers}) must not be less than minWorkers ({config.MinWorkers})");
        return config;
    }

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
