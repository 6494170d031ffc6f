using System.Buffers;
using System.Text.Json;

namespace Eisen.Serve.Handlers.Envelopes;

/// <summary>Reads <c>{"inputs": [{"name", "shape", "datatype", "data"}]}</c>. As with TorchServe each input is a request of its own,
/// whose <c>data</c> is nested as the shape says; of <c>BYTES</c> it is the first item.</summary>
internal static class KServeV2Inputs
{
    private const int MostMembers = 1000;
    private const int MostDimensions = 16;

    /// <exception cref="BadInputException">It is no JSON, or has another form.</exception>
    public static EnvelopedRequest Read(ReadOnlyMemory<byte> body, HandlerRequest request)
    {
        List<(string Name, ReadOnlyMemory<byte> Value)> members = JsonPieces.Members(body, MostMembers);
        if (JsonPieces.Find(members, "inputs") is not { } inputs)
            throw new BadInputException("the body must be {\"inputs\": [...]}, as the server's service_envelope is kservev2");
        string? id = JsonPieces.Find(members, "id") is { } given ? JsonPieces.Text(given) : null;

        List<HandlerRequest> instances = [];
        List<string> names = [];
        foreach (ReadOnlyMemory<byte> input in JsonPieces.Items(inputs, Instances.Most))
        {
            List<(string Name, ReadOnlyMemory<byte> Value)> fields = JsonPieces.Members(input, MostMembers);
            string name = TextOf(fields, "name");
            names.Add(name);
            ReadOnlyMemory<byte> data = TextOf(fields, "datatype") == "BYTES"
                ? JsonPieces.Items(Find(fields, "data"), Instances.Most).FirstOrDefault()
                : Nested(Find(fields, "data"), ShapeOf(fields), name);
            instances.Add(Instances.Inner(request, [.. fields.Where(field => field.Name is not "data").Select(field => new RequestPart(field.Name, TensorForms.Json, field.Value)), new RequestPart("data", TensorForms.Json, data)]));
        }

        return new EnvelopedRequest(instances, string.IsNullOrWhiteSpace(id) ? null : id, names);
    }

    private static ReadOnlyMemory<byte> Find(List<(string Name, ReadOnlyMemory<byte> Value)> fields, string name) =>
        JsonPieces.Find(fields, name) ?? throw new BadInputException($"an input has no '{name}'; it has name, shape, datatype and data");

    private static string TextOf(List<(string Name, ReadOnlyMemory<byte> Value)> fields, string name) =>
        JsonPieces.Text(Find(fields, name)) ?? throw new BadInputException($"an input's '{name}' must be a text");

    private static long[] ShapeOf(List<(string Name, ReadOnlyMemory<byte> Value)> fields)
    {
        List<ReadOnlyMemory<byte>> items = JsonPieces.Items(Find(fields, "shape"), MostDimensions);
        return [.. items.Select(item => long.TryParse(item.Span, System.Globalization.CultureInfo.InvariantCulture, out long dimension) && dimension is >= 0 and <= int.MaxValue
            ? dimension
            : throw new BadInputException("an input's 'shape' must be a list of whole numbers from 0"))];
    }

    /// <summary>Nests the numbers, which may be nested in another way, as the shape says.</summary>
    private static ReadOnlyMemory<byte> Nested(ReadOnlyMemory<byte> data, long[] shape, string name)
    {
        long[] given = JsonArrayReader.ShapeOf(data.Span);
        long count = given.Aggregate(1L, (product, dimension) => product * dimension);
        if (shape.Contains(0) ? count != 0 : shape.Aggregate((double)count, (left, dimension) => left / dimension) != 1)
            throw new BadInputException($"input {Data.PrintableText.Quoted(name)} has {count} numbers, which do not fit the shape [{string.Join(", ", shape)}]");
        if (given.AsSpan().SequenceEqual(shape))
            return data;
        if (shape.IndexOf(0) is >= 0 and int empty && shape[..empty].Aggregate(1.0, (product, dimension) => product * dimension) > Instances.Most)
            throw new BadInputException($"input {Data.PrintableText.Quoted(name)} has no numbers, and a shape of too many lists");

        ArrayBufferWriter<byte> nested = new(data.Length);
        using (Utf8JsonWriter json = new(nested))
        {
            Utf8JsonReader numbers = new(data.Span);
            Write(json, ref numbers, data.Span, shape);
        }

        return nested.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, ref Utf8JsonReader numbers, ReadOnlySpan<byte> data, ReadOnlySpan<long> shape)
    {
        if (shape.IsEmpty)
        {
            while (numbers.Read() && numbers.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray)
            {
            }

            json.WriteRawValue(data[(int)numbers.TokenStartIndex..(int)numbers.BytesConsumed], skipInputValidation: true);
            return;
        }

        json.WriteStartArray();
        for (long i = 0; i < shape[0]; i++)
            Write(json, ref numbers, data, shape[1..]);
        json.WriteEndArray();
    }
}
