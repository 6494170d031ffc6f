using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Eisen.Serve.Configuration;

/// <summary>The <see cref="SettingTable"/> as a page and as a schema.</summary>
internal static class SettingText
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The settings as a Markdown table: those that act, and then those without meaning.</summary>
    public static string Markdown()
    {
        StringBuilder text = new("| key | default | |\n| --- | --- | --- |\n");
        foreach (Setting setting in SettingTable.All.Where(setting => setting.Use == SettingUse.Acts))
            text.Append(CultureInfo.InvariantCulture, $"| `{setting.Key}` | {Default(setting)} | {Sentence(setting)} |\n");
        text.Append("\nThese keys of TorchServe's are taken, and the log says once that they have no meaning here:\n\n| key | because |\n| --- | --- |\n");
        foreach (IGrouping<string, Setting> because in SettingTable.All.Where(setting => setting.Use == SettingUse.None).GroupBy(setting => setting.Description))
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(", ", because.Select(setting => $"`{setting.Key}`"))} | {because.Key} |\n");
        return text.ToString();
    }

    /// <summary>The settings as a JSON schema of an object with their keys, for editors and for those who make files.</summary>
    public static string Schema()
    {
        JsonObject properties = [];
        foreach (Setting setting in SettingTable.All.Where(setting => setting.Use == SettingUse.Acts))
            properties[setting.Key] = Schema(setting);
        JsonObject schema = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Eisen.Serve settings",
            ["description"] = "The keys of config.properties. Environment variables that set them stand in x-variables.",
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = true,
        };
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter writer = new(text, Indented))
            schema.WriteTo(writer);
        return Encoding.UTF8.GetString(text.WrittenSpan) + "\n";
    }

    private static JsonObject Schema(Setting setting)
    {
        JsonObject schema = new() { ["description"] = Sentence(setting) };
        switch (setting.Type)
        {
            case SettingType.WholeNumber or SettingType.Number:
                schema["type"] = setting.Type == SettingType.Number ? "number" : "integer";
                schema["minimum"] = setting.Minimum;
                schema["maximum"] = setting.Maximum;
                if (setting.Default is { } number)
                    schema["default"] = decimal.Parse(number, CultureInfo.InvariantCulture);
                break;
            case SettingType.Flag:
                schema["type"] = "boolean";
                if (setting.Default is { } flag)
                    schema["default"] = bool.Parse(flag);
                break;
            default:
                schema["type"] = setting.Type == SettingType.Json ? "object" : "string";
                if (setting.Choices.Count > 0)
                    schema["enum"] = new JsonArray([.. setting.Choices.Select(choice => JsonValue.Create(choice))]);
                if (setting.Default is { } text && !setting.IsSecret)
                    schema["default"] = text;
                if (setting.IsSecret)
                    schema["writeOnly"] = true;
                break;
        }

        if (setting.Variables.Count > 0)
            schema["x-variables"] = new JsonArray([.. setting.Variables.Select(variable => JsonValue.Create(variable))]);
        return schema;
    }

    private static string Default(Setting setting) => setting.Default is null ? "" : setting.Type == SettingType.WholeNumber ? setting.Default : $"`{setting.Default}`";

    private static string Sentence(Setting setting) =>
        setting.Choices.Count > 1 ? $"{setting.Description}: {string.Join(", ", setting.Choices.Select(choice => $"`{choice}`"))}" : setting.Description;
}
