using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Transforms;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Reads transforms in Eisen's configuration form: a JSON list of
/// <c>{"type": "eisen.transforms.MapValues", "params": {"fields": ["image"]}}</c>, applied in order.
/// </summary>
public static class FieldTransforms
{
    private const int MaxFileBytes = 1 << 20;
    private const int MaxTransforms = 1000;

    // Duplicates would be silently lost; Python takes the last.
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = FieldValue.MaxDepth };

    /// <summary>The types that there are, in alphabetical order.</summary>
    public static IReadOnlyList<string> TypeNames => TransformTypes.Names;

    /// <summary>Reads a file of transforms.</summary>
    /// <param name="path">A JSON file of at most 1 MiB.</param>
    /// <returns>The transforms in the file's order. Each may be used from several threads at once.</returns>
    /// <exception cref="HandlerConfigurationException">The file is not of that form; the message names every mistake, each with
    /// the index of its transform.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<IFieldTransform> Read(string path)
    {
        string name = Path.GetFileName(path);
        using FileStream file = File.OpenRead(path);
        byte[] json = new byte[MaxFileBytes + 1];
        int length = file.ReadAtLeast(json, json.Length, throwOnEndOfStream: false);
        if (length > MaxFileBytes)
            throw new HandlerConfigurationException($"{name} is larger than {MaxFileBytes >> 20} MiB");
        return Parse(json.AsMemory(0, length), name);
    }

    /// <summary>Reads transforms from JSON.</summary>
    /// <param name="json">The list, in UTF-8.</param>
    /// <param name="source">What messages call it, for example the file's name.</param>
    /// <returns>The transforms in the list's order. Each may be used from several threads at once.</returns>
    /// <exception cref="HandlerConfigurationException">It is not of that form; the message names every mistake, each with the
    /// index of its transform.</exception>
    public static IReadOnlyList<IFieldTransform> Parse(ReadOnlyMemory<byte> json, string source)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Options);
            return Read(document.RootElement, source);
        }
        catch (JsonException mistake)
        {
            throw new HandlerConfigurationException($"{source} is not JSON: {JsonFault.Of(mistake)}");
        }
        catch (InvalidOperationException)
        {
            // What JsonElement throws for a text with half of a surrogate pair.
            throw new HandlerConfigurationException($"{source} holds text that is not valid Unicode");
        }
    }

    /// <summary>Applies transforms in order. After each one the memory goes that no field holds any more.</summary>
    /// <param name="transforms">The transforms.</param>
    /// <param name="fields">The fields that they change.</param>
    /// <exception cref="BadInputException">A field is missing, or holds what a transform cannot use.</exception>
    public static void Apply(IReadOnlyList<IFieldTransform> transforms, FieldDictionary fields)
    {
        foreach (IFieldTransform transform in transforms)
        {
            transform.Apply(fields);
            fields.DisposeUnheld();
        }
    }

    private static List<IFieldTransform> Read(JsonElement root, string source)
    {
        if (root.ValueKind != JsonValueKind.Array)
            throw new HandlerConfigurationException($"{source} must be a list of transforms such as {{\"type\": \"eisen.transforms.MapValues\", \"params\": {{\"fields\": [\"image\"]}}}}");
        if (root.GetArrayLength() > MaxTransforms)
            throw new HandlerConfigurationException($"{source} lists {root.GetArrayLength()} transforms; {MaxTransforms} is the most");

        List<IFieldTransform> transforms = [];
        List<string> mistakes = [];
        foreach ((int index, JsonElement item) in root.EnumerateArray().Index())
        {
            if (TransformTypes.Read(item, $"[{index}]", mistakes) is { } transform)
                transforms.Add(transform);
        }

        return mistakes.Count == 0 ? transforms : throw new HandlerConfigurationException($"{source}: {string.Join("; ", mistakes)}");
    }
}
