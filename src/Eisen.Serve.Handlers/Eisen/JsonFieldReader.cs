using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Reads fields from a JSON object. An array is nested lists of numbers where the model takes one, and anywhere
/// <c>{"__ndarray__": true, "data": "BASE64", "shape": [2, 3], "type": "float32"}</c>; bytes are <c>{"__bytes__": true, "data": "BASE64"}</c>.
/// </summary>
internal ref struct JsonFieldReader
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = FieldValue.MaxDepth };
    private static readonly SearchValues<byte> TruthLetters = SearchValues.Create("tf"u8);
    private static readonly SearchValues<byte> FractionLetters = SearchValues.Create(".eE"u8);

    private readonly ReadOnlySpan<byte> json;
    private Utf8JsonReader reader;
    private int values;

    private JsonFieldReader(ReadOnlySpan<byte> json)
    {
        this.json = json;
        reader = new Utf8JsonReader(json, Options);
    }

    /// <summary>Reads a body.</summary>
    /// <param name="json">The body.</param>
    /// <param name="isArray">Whether the model takes a field as an array.</param>
    /// <exception cref="BadInputException">It is not a JSON object, has a name twice, or a value that cannot be read.</exception>
    public static FieldDictionary Read(ReadOnlySpan<byte> json, Predicate<string> isArray)
    {
        FieldDictionary fields = new();
        try
        {
            Guarded(json, (ref reader) => reader.ReadInto(fields, isArray));
            return fields;
        }
        catch
        {
            fields.Dispose();
            throw;
        }
    }

    /// <summary>Reads one value.</summary>
    /// <param name="json">The value's JSON.</param>
    /// <param name="isArray">Whether nested lists are an array.</param>
    /// <param name="owner">Owns the array.</param>
    /// <exception cref="BadInputException">It is not JSON, or cannot be read.</exception>
    public static FieldValue ReadOne(ReadOnlySpan<byte> json, bool isArray, FieldDictionary owner)
    {
        FieldValue? value = null;
        Guarded(json, (ref reader) =>
        {
            reader.reader.Read();
            value = reader.ReadField(isArray, owner);
            reader.reader.Read();
        });
        return value!;
    }

    private delegate void Step(ref JsonFieldReader reader);

    private static void Guarded(ReadOnlySpan<byte> json, Step read)
    {
        JsonFieldReader reader = new(json);
        try
        {
            read(ref reader);
        }
        catch (JsonException mistake)
        {
            throw new BadInputException($"the body is not JSON: {JsonFault.Of(mistake)}");
        }
        catch (InvalidOperationException)
        {
            // What Utf8JsonReader throws for a text with half of a surrogate pair.
            throw new BadInputException("the body holds text that is not valid Unicode");
        }
    }

    private FieldValue ReadField(bool isArray, FieldDictionary owner) =>
        isArray && reader.TokenType == JsonTokenType.StartArray ? new FieldValue.Array(owner.Own(ReadNumbers())) : ReadValue();

    private void ReadInto(FieldDictionary fields, Predicate<string> isArray)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException("the body must be a JSON object of fields such as {\"image\": [[1, 2], [3, 4]]}");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (fields.TryGet(name, out _))
                throw new BadInputException($"field {PrintableText.Quoted(name)} stands in the body twice");
            reader.Read();
            try
            {
                fields[name] = ReadField(isArray(name), fields);
            }
            catch (Exception mistake) when (mistake is BadInputException or DataFormatException)
            {
                throw new BadInputException($"field {PrintableText.Quoted(name)}: {mistake.Message}");
            }
        }

        // Whatever follows the object is refused by the reader.
        reader.Read();
    }

    private NDArray ReadNumbers()
    {
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        ReadOnlySpan<byte> lists = json[start..(int)reader.BytesConsumed];
        DType dtype = lists.ContainsAny(TruthLetters) ? DType.Bool : lists.ContainsAny(FractionLetters) ? DType.Float64 : DType.Int64;
        return JsonArrayReader.Read(lists, dtype);
    }

    private FieldValue ReadValue()
    {
        if (++values > EisenMessagePack.MaxValues)
            throw new BadInputException($"it has more than {EisenMessagePack.MaxValues} values; many numbers travel as an array");
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return new FieldValue.Text(reader.GetString()!);
            case JsonTokenType.Number:
                return ReadNumber();
            case JsonTokenType.True or JsonTokenType.False:
                return new FieldValue.Bool(reader.GetBoolean());
            case JsonTokenType.Null:
                return FieldValue.None.Instance;
            case JsonTokenType.StartArray:
                List<FieldValue> items = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(ReadValue());
                return new FieldValue.List(items);
            default:
                return ReadObject();
        }
    }

    private FieldValue ReadNumber()
    {
        if (reader.TryGetInt64(out long signed))
            return new FieldValue.Integer(signed);
        if (reader.TryGetUInt64(out ulong unsigned))
            return new FieldValue.Integer(unsigned);
        if (!reader.ValueSpan.ContainsAny(FractionLetters))
            throw new BadInputException($"the integer at byte {reader.TokenStartIndex} is outside of -2^63 to 2^64 - 1");
        double number = reader.GetDouble();
        return double.IsFinite(number) ? new FieldValue.Float(number) : throw new BadInputException($"the number at byte {reader.TokenStartIndex} is larger than a float64 can be");
    }

    private FieldValue ReadObject()
    {
        OrderedDictionary<string, FieldValue> pairs = new(StringComparer.Ordinal);
        Range? data = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            // It may be most of the body: it becomes bytes or a text when it is known which.
            bool isData = key == "data" && reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped;
            if (isData)
                data = ((int)reader.TokenStartIndex + 1)..((int)reader.BytesConsumed - 1);
            if (!pairs.TryAdd(key, isData ? FieldValue.None.Instance : ReadValue()))
                throw new BadInputException($"the key {PrintableText.Quoted(key)} stands in the same object twice");
        }

        if (pairs.ContainsKey("__ndarray__"))
            return new FieldValue.Array(ToArray(pairs, Decode(data, pairs)));
        if (pairs.ContainsKey("__bytes__"))
            return new FieldValue.Bytes(Decode(data, pairs));
        if (data is { } text)
            pairs["data"] = new FieldValue.Text(Encoding.UTF8.GetString(json[text]));
        return new FieldValue.Map(pairs);
    }

    private readonly byte[] Decode(Range? data, OrderedDictionary<string, FieldValue> pairs)
    {
        ReadOnlySpan<byte> base64 = data is { } range ? json[range]
            : pairs.GetValueOrDefault("data") is FieldValue.Text escaped ? Encoding.UTF8.GetBytes(escaped.Content)
            : throw new BadInputException("an object with '__ndarray__' or '__bytes__' needs 'data', a text in base64");
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        OperationStatus status = Base64.DecodeFromUtf8(base64, bytes, out _, out int length);
        return status == OperationStatus.Done ? (length == bytes.Length ? bytes : bytes[..length]) : throw new BadInputException("its 'data' is not base64");
    }

    private static NDArray ToArray(OrderedDictionary<string, FieldValue> pairs, byte[] data)
    {
        if (pairs["__ndarray__"] is not FieldValue.Bool { Truth: true })
            throw new BadInputException("an array's '__ndarray__' must be true");
        if (pairs.GetValueOrDefault("type") is not FieldValue.Text type)
            throw new BadInputException("an array needs 'type', a text such as \"float32\"");
        if (pairs.GetValueOrDefault("shape") is not FieldValue.List shape || shape.Items.Any(length => length is not FieldValue.Integer { Number: var number } || number > long.MaxValue))
            throw new BadInputException("an array needs 'shape', a list of integers");
        return NumpyArray.Wrap(type.Content, [.. shape.Items.Select(length => (long)((FieldValue.Integer)length).Number)], data);
    }
}
