using System.Runtime.InteropServices;
using System.Text.Json;

namespace Eisen.Serve.Handlers.Envelopes;

/// <summary>Writes a handler's answer as an output of KServe's second protocol: flat, with the type that numpy gives to what
/// the answer holds, as TorchServe does.</summary>
internal static class KServeV2Outputs
{
    /// <summary>Writes one output.</summary>
    /// <param name="json">Where it goes.</param>
    /// <param name="name">The name of the input that it belongs to.</param>
    /// <param name="answer">The answer, JSON.</param>
    /// <exception cref="UnusableOutputException">The answer has lists of different lengths side by side.</exception>
    public static void Write(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> answer)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        List<long> shape = [];
        for (JsonElement first = document.RootElement; first.ValueKind == JsonValueKind.Array; first = first[0])
        {
            shape.Add(first.GetArrayLength());
            if (shape[^1] == 0)
                break;
        }

        List<JsonElement> items = [];
        Flatten(document.RootElement, CollectionsMarshal.AsSpan(shape), items);
        (string datatype, bool areFloats) = TypeOf(items);

        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("datatype", datatype);
        json.WriteStartArray("data");
        foreach (JsonElement item in items)
        {
            if (areFloats)
                JsonValueWriter.WriteFloat(json, item.ValueKind == JsonValueKind.Number ? item.GetDouble() : item.ValueKind == JsonValueKind.True ? 1 : 0, isItem: true);
            else if (datatype == "INT64" && item.ValueKind is JsonValueKind.True or JsonValueKind.False)
                json.WriteNumberValue(item.ValueKind == JsonValueKind.True ? 1 : 0);
            else
                PythonJson.Write(json, JsonMarshal.GetRawUtf8Value(item), isItem: true);
        }

        json.WriteEndArray();
        json.WriteStartArray("shape");
        json.WriteNumberValue(items.Count);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Flatten(JsonElement element, ReadOnlySpan<long> shape, List<JsonElement> items)
    {
        bool isList = element.ValueKind == JsonValueKind.Array;
        if (isList ? shape.IsEmpty || element.GetArrayLength() != shape[0] : !shape.IsEmpty)
            throw new UnusableOutputException("The answer has lists of different lengths side by side, which are no tensor.");
        if (!isList)
        {
            items.Add(element);
            return;
        }

        foreach (JsonElement item in element.EnumerateArray())
            Flatten(item, shape[1..], items);
    }

    private static (string Datatype, bool AreFloats) TypeOf(List<JsonElement> items)
    {
        bool numbers = items.TrueForAll(item => item.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False);
        if (!numbers)
            return ("BYTES", false);
        if (items.Count == 0 || items.Exists(IsFloat))
            return ("FP64", true);
        return (items.Exists(item => item.ValueKind == JsonValueKind.Number) ? "INT64" : "BOOL", false);
    }

    private static bool IsFloat(JsonElement item) => item.ValueKind == JsonValueKind.Number && JsonMarshal.GetRawUtf8Value(item).ContainsAny(".eE"u8);
}
