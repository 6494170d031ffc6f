using System.Text.Json;
using System.Text.Json.Nodes;

namespace Eisen.Serve.Data;

/// <summary>Reads <c>metadata.json</c> and collects what is wrong with it, so that all of it is told at once.</summary>
internal sealed class EisenMetadataReader
{
    private const int MostMistakes = 20;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = FieldValue.MaxDepth };

    private readonly List<string> mistakes = [];

    /// <exception cref="DataFormatException">It is not metadata.</exception>
    public static EisenMetadata Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > EisenMetadata.MaxBytes)
            throw new DataFormatException($"it has {json.Length} bytes; {EisenMetadata.MaxBytes} are the most");
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Options);
            return new EisenMetadataReader().Read(document.RootElement);
        }
        catch (JsonException mistake)
        {
            throw new DataFormatException($"it is not JSON: {JsonFault.Of(mistake)}");
        }
        catch (InvalidOperationException)
        {
            // What JsonElement throws for a text with half of a surrogate pair.
            throw new DataFormatException("it holds text that is not valid Unicode");
        }
    }

    private EisenMetadata Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new DataFormatException("it must be an object with 'inputs' and 'outputs'");

        EisenField[] inputs = ReadFields(root, "inputs");
        EisenField[] outputs = ReadFields(root, "outputs");
        EisenMetadata metadata = new(
            inputs,
            outputs,
            ReadNames(root, "model_input_list") ?? [.. inputs.Select(field => field.Name)],
            ReadNames(root, "model_output_list") ?? [.. outputs.Select(field => field.Name)],
            ReadCustom(root));
        if (mistakes.Count == 0)
            return metadata;

        string more = mistakes.Count > MostMistakes ? $"; and {mistakes.Count - MostMistakes} more" : "";
        throw new DataFormatException(string.Join("; ", mistakes.Take(MostMistakes)) + more);
    }

    private EisenField[] ReadFields(JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            mistakes.Add($"'{key}' must be a list of fields such as {{\"name\": \"image\", \"type\": \"ndarray\", \"shape\": [-1, 1, -1, -1]}}");
            return [];
        }

        if (list.GetArrayLength() > EisenMetadata.MaxFields)
        {
            mistakes.Add($"'{key}' has {list.GetArrayLength()} fields; {EisenMetadata.MaxFields} are the most");
            return [];
        }

        EisenField[] fields = [.. list.EnumerateArray().Select((item, index) => ReadField(item, $"{key}[{index}]"))];
        foreach (IGrouping<string, EisenField> same in fields.Where(field => field.Name.Length > 0).GroupBy(field => field.Name).Where(group => group.Count() > 1))
            mistakes.Add($"'{key}' names {PrintableText.Quoted(same.Key)} {same.Count()} times");
        return fields;
    }

    private EisenField ReadField(JsonElement item, string where)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            mistakes.Add($"{where} must be an object with 'name', 'type' and 'shape'");
            return new EisenField("", "json", []);
        }

        string name = ReadText(item, "name") ?? "";
        if (name.Length == 0)
            mistakes.Add($"{where}.name must be a text that is not empty");
        string? type = ReadText(item, "type");
        if (type is null || EisenField.KindOf(type) is null)
            mistakes.Add($"{where}.type must be {EisenField.TypeNames}{(type is null ? "" : $", not {PrintableText.Quoted(type)}")}");
        return new EisenField(name, type ?? "json", ReadShape(item, where));
    }

    private long[] ReadShape(JsonElement item, string where)
    {
        if (item.TryGetProperty("shape", out JsonElement list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= NumpyArray.MaxDimensions
            && list.EnumerateArray().All(length => length.ValueKind == JsonValueKind.Number && length.TryGetInt64(out long number) && number >= -1))
        {
            return [.. list.EnumerateArray().Select(length => length.GetInt64())];
        }

        mistakes.Add($"{where}.shape must be a list of at most {NumpyArray.MaxDimensions} whole numbers, each the length of a dimension or -1 for any");
        return [];
    }

    private string[]? ReadNames(JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out JsonElement list) || list.ValueKind == JsonValueKind.Null)
            return null;
        if (list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= EisenMetadata.MaxFields
            && list.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String && name.GetString()!.Length > 0))
        {
            string[] names = [.. list.EnumerateArray().Select(name => name.GetString()!)];
            if (names.Distinct().Count() < names.Length)
                mistakes.Add($"'{key}' names a field twice");
            return names;
        }

        mistakes.Add($"'{key}' must be a list of at most {EisenMetadata.MaxFields} names");
        return null;
    }

    private JsonObject ReadCustom(JsonElement root)
    {
        if (!root.TryGetProperty("custom", out JsonElement custom) || custom.ValueKind == JsonValueKind.Null)
            return [];
        if (custom.ValueKind == JsonValueKind.Object)
            return JsonObject.Create(custom.Clone())!;
        mistakes.Add("'custom' must be an object");
        return [];
    }

    private static string? ReadText(JsonElement item, string key) =>
        item.TryGetProperty(key, out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
