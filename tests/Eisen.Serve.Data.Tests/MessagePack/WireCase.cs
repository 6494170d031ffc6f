using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Data.Tests.MessagePack;

/// <summary>A value that the original encoded, and the bytes that it made of it.</summary>
/// <param name="Name">The case's name.</param>
/// <param name="Value">The value.</param>
/// <param name="Message">The bytes.</param>
public sealed record WireCase(string Name, FieldValue Value, byte[] Message)
{
    public static IReadOnlyList<WireCase> All { get; } = Read();

    private static WireCase[] Read()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(References.Eisen("wire.json")));
        return [.. document.RootElement.EnumerateArray().Select(item => new WireCase(
            item.GetProperty("name").GetString()!, ToValue(item.GetProperty("value")), item.GetProperty("msgpack_base64").GetBytesFromBase64()))];
    }

    private static FieldValue ToValue(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object when json.TryGetProperty("ndarray", out JsonElement array):
                return new FieldValue.Array(NumpyArray.Wrap(
                    array.GetProperty("dtype").GetString()!,
                    [.. array.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64())],
                    array.GetProperty("data_base64").GetBytesFromBase64()));
            case JsonValueKind.Object when json.TryGetProperty("bytes_base64", out JsonElement bytes):
                return new FieldValue.Bytes(bytes.GetBytesFromBase64());
            case JsonValueKind.Object:
                return new FieldValue.Map([.. json.EnumerateObject().Select(item => KeyValuePair.Create(item.Name, ToValue(item.Value)))]);
            case JsonValueKind.Array:
                return new FieldValue.List([.. json.EnumerateArray().Select(ToValue)]);
            case JsonValueKind.String:
                return new FieldValue.Text(json.GetString()!);
            case JsonValueKind.Number when json.TryGetInt64(out long number):
                return new FieldValue.Integer(number);
            case JsonValueKind.Number:
                return new FieldValue.Float(json.GetDouble());
            case JsonValueKind.Null:
                return FieldValue.None.Instance;
            default:
                return new FieldValue.Bool(json.GetBoolean());
        }
    }
}
