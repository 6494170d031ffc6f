using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// The names of a classifier's classes from an archive's <c>index_to_name.json</c>, in the forms that TorchServe reads:
/// <c>{"0": "cat"}</c>, <c>{"0": ["n02123045", "tabby"]}</c> (the last counts), <c>{"object_type_names": ["cat"]}</c>.
/// </summary>
internal sealed class ClassNames
{
    public const string FileName = "index_to_name.json";
    private const long MaxFileBytes = 64 << 20;

    private readonly Dictionary<string, string> names;

    private ClassNames(Dictionary<string, string> names) => this.names = names;

    /// <summary>The name of a class; its number where the file has none.</summary>
    public string this[long index]
    {
        get
        {
            string number = index.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return names.GetValueOrDefault(number, number);
        }
    }

    /// <summary>Reads the file; without it classes are called by their number, of which the log tells.</summary>
    /// <exception cref="HandlerConfigurationException">The file has another form.</exception>
    public static ClassNames ReadOrTell(HandlerContext context)
    {
        if (Read(context.Folder) is { } names)
            return names;
        HandlerLog.NoClassNames(context.Logger, context.ModelName);
        return new ClassNames([]);
    }

    /// <summary>Reads the file, or returns null when the folder has none.</summary>
    /// <exception cref="HandlerConfigurationException">The file has another form.</exception>
    public static ClassNames? Read(string folder)
    {
        FileInfo file = new(Path.Combine(folder, FileName));
        if (!file.Exists)
            return null;
        if (file.Length > MaxFileBytes)
            throw Mistake($"is larger than {MaxFileBytes >> 20} MiB");

        try
        {
            using FileStream stream = file.OpenRead();
            using JsonDocument document = JsonDocument.Parse(stream);
            return new ClassNames(Read(document.RootElement));
        }
        catch (JsonException mistake)
        {
            throw Mistake($"is not JSON: {JsonFault.Of(mistake)}");
        }
        catch (InvalidOperationException)
        {
            // What JsonElement throws for a text with half of a surrogate pair.
            throw Mistake("holds text that is not valid Unicode");
        }
    }

    private static Dictionary<string, string> Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw Mistake("must be an object of class number to name");

        Dictionary<string, string> names = new(StringComparer.Ordinal);
        if (root.TryGetProperty("object_type_names", out JsonElement list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach ((int index, JsonElement name) in list.EnumerateArray().Index())
                names[index.ToString(System.Globalization.CultureInfo.InvariantCulture)] = Text($"object_type_names[{index}]", name);
            return names;
        }

        foreach (JsonProperty property in root.EnumerateObject())
        {
            JsonElement name = property.Value;
            if (name.ValueKind == JsonValueKind.Array && name.GetArrayLength() > 0)
                name = name[name.GetArrayLength() - 1];
            names[property.Name] = Text(property.Name, name);
        }

        return names;
    }

    private static string Text(string key, JsonElement name) =>
        name.ValueKind == JsonValueKind.String ? name.GetString()! : throw Mistake($"gives '{key}' a {name.ValueKind} where a name must be");

    private static HandlerConfigurationException Mistake(string what) => new($"{FileName} {what}");
}
