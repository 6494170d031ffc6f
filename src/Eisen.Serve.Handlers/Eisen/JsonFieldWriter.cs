using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Writes fields as a JSON object. Arrays of up to <see cref="MostElementsInLists"/> elements are nested lists; larger ones,
/// and those that hold NaN or an infinity, which JSON has not, are the object with base64 that <see cref="JsonFieldReader"/> reads.
/// </summary>
internal static class JsonFieldWriter
{
    public const int MostElementsInLists = 1 << 16;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 2 * FieldValue.MaxDepth + NumpyArray.MaxDimensions };

    /// <summary>Writes all fields in their order.</summary>
    public static void Write(IBufferWriter<byte> output, FieldDictionary fields) => Write(output, new FieldValue.Map(fields.Fields));

    /// <summary>Writes one value as a text.</summary>
    public static string ToText(FieldValue value)
    {
        ArrayBufferWriter<byte> output = new();
        Write(output, value);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void Write(IBufferWriter<byte> output, FieldValue value)
    {
        using Utf8JsonWriter json = new(output, Options);
        Write(json, value);
    }

    private static void Write(Utf8JsonWriter json, FieldValue value)
    {
        switch (value)
        {
            case FieldValue.Array array:
                WriteArray(json, array.Elements);
                break;
            case FieldValue.Text text:
                json.WriteStringValue(text.Content);
                break;
            case FieldValue.Bytes bytes:
                json.WriteStartObject();
                json.WriteBoolean("__bytes__", true);
                json.WriteBase64String("data", bytes.Content.Span);
                json.WriteEndObject();
                break;
            case FieldValue.Integer { Number: var number }:
                if (number > long.MaxValue)
                    json.WriteNumberValue((ulong)number);
                else
                    json.WriteNumberValue((long)number);
                break;
            case FieldValue.Float { Number: var number } when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case FieldValue.Float { Number: var number }:
                using (NDArray single = NDArray.Copy<double>([number]))
                    WriteBytes(json, single);
                break;
            case FieldValue.Bool truth:
                json.WriteBooleanValue(truth.Truth);
                break;
            case FieldValue.List list:
                json.WriteStartArray();
                foreach (FieldValue item in list.Items)
                    Write(json, item);
                json.WriteEndArray();
                break;
            case FieldValue.Map map:
                json.WriteStartObject();
                foreach ((string name, FieldValue item) in map.Items)
                {
                    json.WritePropertyName(name);
                    Write(json, item);
                }

                json.WriteEndObject();
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    private static void WriteArray(Utf8JsonWriter json, NDArray array)
    {
        if (ListsOf(array.Shape) > MostElementsInLists || array.ElementCount > MostElementsInLists || !IsFinite(array))
        {
            WriteBytes(json, array);
            return;
        }

        switch (array.DType)
        {
            case DType.Float32: NestedLists.Write(json, array.AsSpan<float>(), array.Shape, isItem: false, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.Float64: NestedLists.Write(json, array.AsSpan<double>(), array.Shape, isItem: false, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.Float16: NestedLists.Write(json, array.AsSpan<Half>(), array.Shape, isItem: false, static (json, number, _) => json.WriteNumberValue((float)number)); break;
            case DType.Int8: NestedLists.Write(json, array.AsSpan<sbyte>(), array.Shape, isItem: false, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.UInt8: NestedLists.Write(json, array.AsSpan<byte>(), array.Shape, isItem: false, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.Int16: NestedLists.Write(json, array.AsSpan<short>(), array.Shape, isItem: false, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.UInt16: NestedLists.Write(json, array.AsSpan<ushort>(), array.Shape, isItem: false, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.Int32: NestedLists.Write(json, array.AsSpan<int>(), array.Shape, isItem: false, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.UInt32: NestedLists.Write(json, array.AsSpan<uint>(), array.Shape, isItem: false, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.Int64: NestedLists.Write(json, array.AsSpan<long>(), array.Shape, isItem: false, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.UInt64: NestedLists.Write(json, array.AsSpan<ulong>(), array.Shape, isItem: false, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.Bool: NestedLists.Write(json, array.AsSpan<bool>(), array.Shape, isItem: false, static (json, truth, _) => json.WriteBooleanValue(truth)); break;
            default: WriteBytes(json, array); break;
        }
    }

    private static void WriteBytes(Utf8JsonWriter json, NDArray array)
    {
        json.WriteStartObject();
        json.WriteBoolean("__ndarray__", true);
        json.WriteBase64String("data", array.Memory.Span);
        json.WriteStartArray("shape");
        foreach (long length in array.Shape)
            json.WriteNumberValue(length);
        json.WriteEndArray();
        json.WriteString("type", array.DType.TypeName);
        json.WriteEndObject();
    }

    private static bool IsFinite(NDArray array) => array.DType switch
    {
        DType.Float32 => AreFinite<float>(array.AsSpan<float>()),
        DType.Float64 => AreFinite<double>(array.AsSpan<double>()),
        DType.Float16 => AreFinite<Half>(array.AsSpan<Half>()),
        _ => true,
    };

    private static bool AreFinite<T>(ReadOnlySpan<T> numbers)
        where T : System.Numerics.INumberBase<T>
    {
        foreach (T number in numbers)
        {
            if (!T.IsFinite(number))
                return false;
        }

        return true;
    }

    /// <summary>How many lists an array would be; without elements it may still be very many.</summary>
    private static double ListsOf(ReadOnlySpan<long> shape)
    {
        double lists = 1;
        double here = 1;
        foreach (long length in shape.IsEmpty ? shape : shape[..^1])
            lists += here *= length;
        return lists;
    }
}
