using System.Text.Json;

namespace Eisen.Serve.Configuration;

/// <summary>Reads the operator's own keys, from the environment and from the file that <c>access_keys_file</c> names.</summary>
internal sealed class AccessKeysReader(SettingParser settings)
{
    private const string FileKey = "access_keys_file";
    private const int MaxFileBytes = 1 << 16;
    private const int ShortestKey = 16;
    private const int LongestKey = 256;

    private readonly List<string> inference = [];
    private readonly List<string> management = [];
    private readonly List<string> api = [];

    /// <summary>The variable that names a key for the management listener.</summary>
    public const string ManagementVariable = "EISEN_SERVE_MANAGEMENT_KEY";

    /// <summary>The variables that each name a key.</summary>
    public static IReadOnlyList<string> Variables { get; } = ["EISEN_SERVE_INFERENCE_KEY", ManagementVariable, "EISEN_SERVE_API_KEY"];

    /// <summary>Reads them all.</summary>
    public AccessKeys Read()
    {
        List<string>[] places = [inference, management, api];
        for (int i = 0; i < places.Length; i++)
        {
            if (Environment.GetEnvironmentVariable(Variables[i]) is { Length: > 0 } key)
                Add(places[i], key, Variables[i]);
        }

        if (settings.ExistingFile(FileKey) is { } file && File.Exists(file))
            ReadFile(file);
        return new AccessKeys(inference, management, api);
    }

    private void ReadFile(string file)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            if (stream.Length > MaxFileBytes)
                throw new JsonException();
            using JsonDocument json = JsonDocument.Parse(stream);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw new JsonException();
            foreach (JsonProperty role in json.RootElement.EnumerateObject())
                ReadRole(role);
        }
        catch (JsonException)
        {
            settings.Mistake(settings.In(FileKey), " must name a JSON file like {\"inference\": [\"KEY\"], \"management\": [\"KEY\"], \"API\": [\"KEY\"]}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            settings.Mistake(settings.In(FileKey), $" cannot be read ({failure.Message})");
        }
    }

    private void ReadRole(JsonProperty role)
    {
        List<string>? keys = role.Name switch { "inference" => inference, "management" => management, "API" => api, _ => null };
        if (keys is null)
        {
            settings.Mistake(settings.In(FileKey), " has keys for something else than inference, management or API");
            return;
        }

        foreach (JsonElement key in role.Value.ValueKind == JsonValueKind.Array ? [.. role.Value.EnumerateArray()] : new[] { role.Value })
        {
            if (key.ValueKind != JsonValueKind.String)
                throw new JsonException();
            Add(keys, key.GetString()!, $"{settings.In(FileKey)}: a key for {role.Name}");
        }
    }

    // A key that a header field cannot carry, or that can be guessed, would be found out too late.
    private void Add(List<string> keys, string key, string where)
    {
        if (key.Length is < ShortestKey or > LongestKey || !key.All(letter => letter is > ' ' and <= '~'))
            settings.Mistake(where, $" must be {ShortestKey} to {LongestKey} letters, digits and signs without blanks");
        else
            keys.Add(key);
    }
}
