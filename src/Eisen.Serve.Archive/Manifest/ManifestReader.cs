using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>Reads <c>MAR-INF/MANIFEST.json</c>. Every mistake in it is reported at once.</summary>
internal sealed class ManifestReader
{
    /// <summary>Where the manifest lies below an archive's root.</summary>
    public const string FileName = "MAR-INF/MANIFEST.json";

    private const int MostNameCharacters = 128;

    private readonly List<string> mistakes = [];

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="ArchiveException">It is not JSON, or it says something wrong.</exception>
    public static ArchiveManifest Read(ArchiveSource source, ReadOnlyMemory<byte> json)
    {
        // Two readers may take different ones of two members with one name, so there may not be two.
        JsonDocumentOptions options = new() { MaxDepth = 32, AllowDuplicateProperties = false };
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, options);
            ManifestReader reader = new();
            ArchiveManifest manifest = reader.Read(document.RootElement);
            return reader.mistakes.Count == 0
                ? manifest
                : throw source.Fault($"{FileName}: {string.Join("; ", reader.mistakes)}.");
        }
        catch (JsonException notJson)
        {
            throw source.Fault($"{FileName} is not valid JSON: {JsonFault.Of(notJson)}.", notJson);
        }
        catch (InvalidOperationException notText)
        {
            // What JsonElement throws for a text with half of a surrogate pair.
            throw source.Fault($"{FileName} is not valid JSON: it holds text that is not valid Unicode.", notText);
        }
    }

    private ArchiveManifest Read(JsonElement root)
    {
        JsonElement model = default;
        if (root.ValueKind != JsonValueKind.Object)
            mistakes.Add($"it must be an object, not {Describe(root)}");
        else if (!root.TryGetProperty("model", out model))
            mistakes.Add("model is missing");
        else if (model.ValueKind != JsonValueKind.Object)
            mistakes.Add($"model must be an object, not {Describe(model)}");

        if (mistakes.Count > 0)
            return new ArchiveManifest { ModelName = "", ModelVersion = "" };

        return new ArchiveManifest
        {
            CreatedOn = Text(root, "createdOn"),
            Runtime = Text(root, "runtime") is { Length: > 0 } runtime ? runtime : "python",
            ArchiverVersion = Text(root, "archiverVersion"),
            ModelName = Name(model, "modelName"),
            ModelVersion = Name(model, "modelVersion"),
            SerializedFile = TextOrNone(model, "serializedFile"),
            Handler = TextOrNone(model, "handler"),
            ModelFile = TextOrNone(model, "modelFile"),
            ConfigFile = TextOrNone(model, "configFile"),
            RequirementsFile = TextOrNone(model, "requirementsFile"),
            ExtraFiles = Texts(model, "extraFiles"),
        };
    }

    private string Name(JsonElement model, string property)
    {
        if (!model.TryGetProperty(property, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            mistakes.Add($"{property} is missing");
            return "";
        }

        if (Text(model, property) is not { } name)
            return "";

        if (string.IsNullOrWhiteSpace(name))
            mistakes.Add($"{property} is empty");
        else if (name.Length > MostNameCharacters)
            mistakes.Add($"{property} {PrintableText.Quoted(name)} is longer than {MostNameCharacters} characters");
        else if (PrintableText.Escaped(name) != name)
            mistakes.Add($"{property} {PrintableText.Quoted(name)} has a character that does not print");
        else if (name.AsSpan().ContainsAny("/\\\"'") || name.Contains("..", StringComparison.Ordinal))
            mistakes.Add($"{property} {PrintableText.Quoted(name)} must not have '/', '\\', '..' or a quote in it");
        return name;
    }

    private string? TextOrNone(JsonElement parent, string property) =>
        Text(parent, property) is { Length: > 0 } text ? text : null;

    private string? Text(JsonElement parent, string property)
    {
        if (!parent.TryGetProperty(property, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString();
        mistakes.Add($"{property} must be a string, not {Describe(value)}");
        return null;
    }

    private IReadOnlyList<string> Texts(JsonElement parent, string property)
    {
        if (!parent.TryGetProperty(property, out JsonElement value) || value.ValueKind != JsonValueKind.Array)
        {
            // On torch-model-archiver's command line the files stand in one text, with commas between.
            return Text(parent, property)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        }

        List<string> texts = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
            {
                mistakes.Add($"{property} must be a list of strings, but has {Describe(item)} in it");
                break;
            }

            texts.Add(item.GetString()!);
        }

        return texts;
    }

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };
}
