using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Writes answers as TorchServe does, whose handlers return what Python's <c>json.dumps(..., indent=2)</c> prints: so
/// the numbers, too, look like Python's (<c>2.0</c>, <c>1e-05</c>).
/// </summary>
internal static class JsonValueWriter
{
    private const int IndentSize = 2;
    private const int MostOnStack = 256;

    // Of an output that is written whole, and not a request's row of it.
    private const int Whole = -1;

    private static readonly JsonWriterOptions Options = new() { Indented = true, IndentSize = IndentSize, NewLine = "\n" };

    /// <summary>Starts a document in this form.</summary>
    public static Utf8JsonWriter Create(IBufferWriter<byte> output) => new(output, Options);

    /// <summary>Writes one row of a batch's output: of each tensor the part with this first index.</summary>
    /// <exception cref="UnusableOutputException">A tensor's first dimension is not the batch, or it holds NaN or an
    /// infinity, which JSON does not have.</exception>
    public static void WriteRow(IBufferWriter<byte> output, TorchValue value, int row, int rows)
    {
        using Utf8JsonWriter json = Create(output);
        Write(json, value, row, rows, isItem: false);
    }

    /// <summary>Writes a whole output.</summary>
    /// <exception cref="UnusableOutputException">A tensor holds NaN or an infinity, which JSON does not have.</exception>
    public static void Write(IBufferWriter<byte> output, TorchValue value)
    {
        using Utf8JsonWriter json = Create(output);
        Write(json, value, row: 0, rows: Whole, isItem: false);
    }

    /// <summary>Writes a floating-point number as Python prints it.</summary>
    /// <param name="json">The document.</param>
    /// <param name="number">The number.</param>
    /// <param name="isItem">Whether it stands in a list, where each item has a line.</param>
    /// <exception cref="UnusableOutputException">It is NaN or an infinity.</exception>
    public static void WriteFloat(Utf8JsonWriter json, double number, bool isItem)
    {
        if (!double.IsFinite(number))
            throw new UnusableOutputException($"The module returned {number.ToString(CultureInfo.InvariantCulture)}, which JSON does not have.");

        Span<byte> text = stackalloc byte[PythonFloat.MaxLength];
        WriteRaw(json, text[..PythonFloat.Format(number, text)], isItem);
    }

    /// <summary>Writes a number as it is spelled.</summary>
    /// <param name="json">The document.</param>
    /// <param name="number">The number in ASCII.</param>
    /// <param name="isItem">Whether it stands in a list, where each item has a line.</param>
    public static void WriteRaw(Utf8JsonWriter json, ReadOnlySpan<byte> number, bool isItem)
    {
        if (!isItem || number.Length > MostOnStack)
        {
            json.WriteRawValue(number, skipInputValidation: true);
            return;
        }

        // Utf8JsonWriter leaves a raw value's line and indentation to whoever writes it.
        int indentation = 1 + IndentSize * json.CurrentDepth;
        Span<byte> text = stackalloc byte[indentation + number.Length];
        text[..indentation].Fill((byte)' ');
        text[0] = (byte)'\n';
        number.CopyTo(text[indentation..]);
        json.WriteRawValue(text, skipInputValidation: true);
    }

    private static void Write(Utf8JsonWriter json, TorchValue value, int row, int rows, bool isItem)
    {
        switch (value)
        {
            case TorchValue.None:
                json.WriteNullValue();
                break;
            case TorchValue.Bool boolean:
                json.WriteBooleanValue(boolean.Truth);
                break;
            case TorchValue.Int integer:
                json.WriteNumberValue(integer.Number);
                break;
            case TorchValue.Float real:
                WriteFloat(json, real.Number, isItem);
                break;
            case TorchValue.String text:
                json.WriteStringValue(text.Text);
                break;
            case TorchValue.Tensor tensor:
                WriteTensorRow(json, tensor.Array, row, rows, isItem);
                break;
            case TorchValue.List list:
                WriteItems(json, list.Items, row, rows);
                break;
            case TorchValue.Tuple tuple:
                WriteItems(json, tuple.Items, row, rows);
                break;
            case TorchValue.Dict dict:
                json.WriteStartObject();
                foreach ((TorchValue key, TorchValue item) in dict.Items)
                {
                    json.WritePropertyName(Key(key));
                    Write(json, item, row, rows, isItem: false);
                }

                json.WriteEndObject();
                break;
        }
    }

    private static void WriteItems(Utf8JsonWriter json, IReadOnlyList<TorchValue> items, int row, int rows)
    {
        json.WriteStartArray();
        foreach (TorchValue item in items)
            Write(json, item, row, rows, isItem: true);
        json.WriteEndArray();
    }

    /// <summary>A dictionary's key as JSON has it.</summary>
    /// <exception cref="UnusableOutputException">It is none that Python's JSON has.</exception>
    public static string Key(TorchValue key) => key switch
    {
        TorchValue.String text => text.Text,
        TorchValue.Int integer => integer.Number.ToString(CultureInfo.InvariantCulture),
        TorchValue.Float real => Text(real.Number),
        TorchValue.Bool boolean => boolean.Truth ? "true" : "false",
        _ => throw new UnusableOutputException($"The module returned a dict whose key is a {key.GetType().Name}."),
    };

    private static string Text(double number)
    {
        Span<byte> text = stackalloc byte[PythonFloat.MaxLength];
        return double.IsFinite(number) ? Encoding.ASCII.GetString(text[..PythonFloat.Format(number, text)]) : number.ToString(CultureInfo.InvariantCulture);
    }

    private static void WriteTensorRow(Utf8JsonWriter json, NDArray array, int row, int rows, bool isItem)
    {
        if (rows != Whole && (array.Shape.Length == 0 || array.Shape[0] != rows))
            throw new UnusableOutputException($"The module returned {array} for a batch of {rows}: the first dimension must be the batch.");

        ReadOnlySpan<long> shape = rows == Whole ? array.Shape : array.Shape[1..];
        int start = rows == Whole ? 0 : row * (array.ElementCount / rows);
        switch (array.DType)
        {
            case DType.Float32: NestedLists.Write(json, array.AsSpan<float>()[start..], shape, isItem, static (json, number, isItem) => WriteFloat(json, number, isItem)); break;
            case DType.Float64: NestedLists.Write(json, array.AsSpan<double>()[start..], shape, isItem, static (json, number, isItem) => WriteFloat(json, number, isItem)); break;
            case DType.Float16: NestedLists.Write(json, array.AsSpan<Half>()[start..], shape, isItem, static (json, number, isItem) => WriteFloat(json, (double)number, isItem)); break;
            case DType.BFloat16: NestedLists.Write(json, array.AsSpan<ushort>()[start..], shape, isItem, static (json, bits, isItem) => WriteFloat(json, BitConverter.Int32BitsToSingle(bits << 16), isItem)); break;
            case DType.Int8: NestedLists.Write(json, array.AsSpan<sbyte>()[start..], shape, isItem, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.UInt8: NestedLists.Write(json, array.AsSpan<byte>()[start..], shape, isItem, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.Int16: NestedLists.Write(json, array.AsSpan<short>()[start..], shape, isItem, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.Int32: NestedLists.Write(json, array.AsSpan<int>()[start..], shape, isItem, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.Int64: NestedLists.Write(json, array.AsSpan<long>()[start..], shape, isItem, static (json, number, _) => json.WriteNumberValue(number)); break;
            case DType.Bool: NestedLists.Write(json, array.AsSpan<bool>()[start..], shape, isItem, static (json, truth, _) => json.WriteBooleanValue(truth)); break;
        }
    }
}
