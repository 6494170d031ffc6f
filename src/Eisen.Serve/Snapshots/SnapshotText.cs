using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;

namespace Eisen.Serve.Snapshots;

/// <summary>A snapshot's text, in TorchServe's form: a properties file that a server can be started with.</summary>
internal static class SnapshotText
{
    // What the command line relaxes, it relaxes for one start.
    private static readonly string[] OptionsForOneStart = ["disable_token_authorization", "enable_model_api"];

    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The models as the JSON object that <c>model_snapshot</c> has of them.</summary>
    public static string Models(IReadOnlyList<ModelEntry> models)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, Indented))
        {
            json.WriteStartObject();
            foreach (ModelEntry model in models)
            {
                json.WriteStartObject(model.Name);
                foreach (ModelVersion version in model.Versions)
                    Write(json, version, version == model.Default);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>The whole file.</summary>
    /// <param name="settings">What the server was told.</param>
    /// <param name="models">The models.</param>
    /// <param name="count">How many versions these are.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="time">When it is.</param>
    public static string Of(ServerSettings settings, string models, int count, string name, DateTimeOffset time)
    {
        StringBuilder text = new("#Saving snapshot\n");
        text.Append(CultureInfo.InvariantCulture, $"#{time.ToUniversalTime():ddd MMM dd HH:mm:ss} UTC {time.ToUniversalTime():yyyy}\n");
        foreach ((string key, SettingValue value) in settings.Said.Where(said => IsKept(said.Key, said.Value)))
            PropertiesFile.Append(text, key, Lasting(key, value.Text));
        if (settings.ConfigFile is { } file && !settings.Said.ContainsKey("tsConfigFile"))
            PropertiesFile.Append(text, "tsConfigFile", Path.GetFullPath(file));
        PropertiesFile.Append(text, "version", TorchServeInterface.Version);
        string inner = models.ReplaceLineEndings("\n  ");
        PropertiesFile.Append(text, "model_snapshot", string.Create(
            CultureInfo.InvariantCulture, $"{{\n  \"name\": \"{name}\",\n  \"modelCount\": {count},\n  \"created\": {time.ToUnixTimeMilliseconds()},\n  \"models\": {inner}\n}}"));
        return text.ToString();
    }

    private static bool IsKept(string key, SettingValue value) =>
        key is not ("model_snapshot" or "version")
        && !(value.IsOption && OptionsForOneStart.Contains(key))
        // A secret of the environment stays there.
        && (value.IsInFile || SettingTable.Find(key)?.IsSecret != true);

    // The next start may be in another folder.
    private static string Lasting(string key, string text) =>
        text.Length > 0 && (key == "token_key_file" || SettingTable.Find(key)?.Type is SettingType.File or SettingType.Folder) ? Path.GetFullPath(text) : text;

    private static void Write(Utf8JsonWriter json, ModelVersion version, bool isDefault)
    {
        json.WriteStartObject(version.Version);
        json.WriteBoolean("defaultVersion", isDefault);
        json.WriteString("marName", version.Config.Url);
        json.WriteNumber("minWorkers", version.WorkerRange.Min);
        json.WriteNumber("maxWorkers", version.WorkerRange.Max);
        json.WriteNumber("batchSize", version.Options.BatchSize);
        json.WriteNumber("maxBatchDelay", (long)version.Options.MaxBatchDelay.TotalMilliseconds);
        json.WriteNumber("responseTimeout", (long)version.Options.ResponseTimeout.TotalSeconds);
        json.WriteNumber("startupTimeout", (long)version.Options.StartupTimeout.TotalSeconds);
        json.WriteString("runtimeType", version.Runtime);
        // Ours: TorchServe forgets what a registration asked for.
        if (version.Config.Handler is { } handler)
            json.WriteString("handler", handler);
        json.WriteEndObject();
    }
}
