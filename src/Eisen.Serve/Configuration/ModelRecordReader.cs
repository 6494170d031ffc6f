using System.Globalization;
using System.Text.Json;
using Eisen.Serve.Archive;
using Eisen.Serve.Data;
using Eisen.Serve.Engine;

namespace Eisen.Serve.Configuration;

/// <summary>Reads the JSON of <c>models</c> and <c>model_snapshot</c>, in TorchServe's form.</summary>
/// <param name="settings">Gets the mistakes.</param>
/// <param name="key">The setting that has the JSON.</param>
internal sealed class ModelRecordReader(SettingParser settings, string key)
{
    private const int MostVersions = 10_000;
    private const int MostUnknown = 20;

    private static readonly string[] Known =
        ["marName", "defaultVersion", "minWorkers", "maxWorkers", "batchSize", "maxBatchDelay", "responseTimeout", "startupTimeout"];

    // TorchServe's own, which its snapshots have.
    private static readonly string[] WithoutMeaning = ["runtimeType", "parallelLevel", "parallelType"];

    private readonly HashSet<string> unknown = new(StringComparer.Ordinal);

    private readonly List<ModelRecord> records = [];

    /// <summary>What the setting says; null when it is not set.</summary>
    public IReadOnlyList<ModelRecord>? Read()
    {
        using JsonDocument? json = settings.Json(key);
        if (json is null)
            return null;

        JsonElement models = json.RootElement;
        // A snapshot has its name and time around the models.
        if (key == "model_snapshot" && !(models.ValueKind == JsonValueKind.Object && models.TryGetProperty("models", out models)))
        {
            settings.Mistake(settings.In(key), " has no \"models\"");
            return null;
        }

        foreach (JsonProperty model in Properties(models, "the models"))
        {
            foreach (JsonProperty version in Properties(model.Value, model.Name))
                Add(model.Name, version);
        }

        return records;
    }

    private void Add(string model, JsonProperty version)
    {
        string path = $"{model} {version.Name}";
        ModelRecord record = new(model, version.Name);
        ModelParameters parameters = new();
        foreach (JsonProperty said in Properties(version.Value, path))
        {
            switch (said.Name)
            {
                case "marName":
                    record = record with { MarName = said.Value.ValueKind == JsonValueKind.String ? said.Value.GetString() : null };
                    break;
                case "handler":
                    record = record with { Handler = said.Value.ValueKind == JsonValueKind.String ? said.Value.GetString() : null };
                    break;
                case "defaultVersion":
                    record = record with { IsDefault = said.Value.ValueKind == JsonValueKind.True };
                    break;
                case "minWorkers":
                    parameters = parameters with { MinWorkers = Number(said, path, ModelConfigFile.MostWorkers) };
                    break;
                case "maxWorkers":
                    parameters = parameters with { MaxWorkers = Number(said, path, ModelConfigFile.MostWorkers) };
                    break;
                case "batchSize":
                    parameters = parameters with { BatchSize = Above(0, Number(said, path, 1_000_000)) };
                    break;
                case "maxBatchDelay":
                    parameters = parameters with { MaxBatchDelay = Number(said, path, int.MaxValue) };
                    break;
                case "responseTimeout":
                    parameters = parameters with { ResponseTimeout = Above(0, Number(said, path, int.MaxValue)) };
                    break;
                case "startupTimeout":
                    parameters = parameters with { StartupTimeout = Above(0, Number(said, path, int.MaxValue)) };
                    break;
                default:
                    TellUnknown(said.Name, path);
                    break;
            }
        }

        if (parameters.MaxWorkers < parameters.MinWorkers)
            settings.Mistake(settings.In(key), $": {PrintableText.Quoted(path)} has fewer maxWorkers than minWorkers");
        if (records.Count == MostVersions)
            settings.Mistake(settings.In(key), $" has more than {MostVersions} versions");
        if (records.Count <= MostVersions)
            records.Add(record with { Parameters = parameters });
    }

    private void TellUnknown(string name, string path)
    {
        if (!WithoutMeaning.Contains(name) && unknown.Count < MostUnknown && unknown.Add(name))
            settings.Warn(settings.In(key), $": {PrintableText.Quoted(name)} of {PrintableText.Quoted(path)} is not known and is ignored{Nearest.DidYouMean(name, Known)}");
    }

    private JsonElement.ObjectEnumerator Properties(JsonElement json, string path)
    {
        if (json.ValueKind == JsonValueKind.Object)
            return json.EnumerateObject();
        settings.Mistake(settings.In(key), $": {PrintableText.Quoted(path)} must be a JSON object");
        return default;
    }

    private int? Number(JsonProperty said, string path, int most)
    {
        int number = 0;
        bool isNumber = said.Value.ValueKind switch
        {
            JsonValueKind.Number => said.Value.TryGetInt32(out number),
            JsonValueKind.String => int.TryParse(said.Value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number),
            _ => false,
        };
        if (!isNumber || number > most)
            settings.Mistake(settings.In(key), $": {said.Name} of {PrintableText.Quoted(path)} must be a whole number up to {most}");
        // TorchServe takes a negative number for none.
        return isNumber && number >= 0 && number <= most ? number : null;
    }

    private static int? Above(int bound, int? number) => number > bound ? number : null;
}
