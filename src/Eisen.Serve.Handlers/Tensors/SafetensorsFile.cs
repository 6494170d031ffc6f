using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Files of named tensors in the form of safetensors: the header's length in eight bytes, little-endian; the header, JSON with each
/// tensor's dtype, shape and place; the tensors' bytes in C order, little-endian.
/// </summary>
internal static class SafetensorsFile
{
    /// <summary>The media type; none is registered.</summary>
    public const string MediaType = "application/x-safetensors";

    /// <summary>The most tensors that a file may have.</summary>
    public const int MostTensors = 1000;

    private const int MostDimensions = 16;
    private const string MetadataName = "__metadata__";

    /// <summary>Whether bytes begin as such a file does.</summary>
    public static bool Begins(ReadOnlySpan<byte> bytes) =>
        bytes.Length > sizeof(ulong) && bytes[sizeof(ulong)] == (byte)'{' && BinaryPrimitives.ReadUInt64LittleEndian(bytes) <= (ulong)(bytes.Length - sizeof(ulong));

    /// <summary>Reads a file.</summary>
    /// <param name="file">The whole file, in which the arrays lie.</param>
    /// <returns>The tensors in the header's order.</returns>
    /// <exception cref="BadInputException">It is no such file, or broken.</exception>
    public static List<TensorInput> Read(ReadOnlyMemory<byte> file)
    {
        if (!Begins(file.Span))
            throw new BadInputException("the body is no safetensors file: it must begin with its header's length in eight bytes, and a JSON object");
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.Span);
        ReadOnlyMemory<byte> data = file[(sizeof(ulong) + length)..];
        List<TensorInput> tensors = [];
        foreach ((string name, ReadOnlyMemory<byte> entry) in JsonPieces.Members(file.Slice(sizeof(ulong), length), MostTensors + 1))
        {
            if (name == MetadataName)
                continue;
            if (tensors.Exists(tensor => tensor.Name == name))
                throw new BadInputException($"the safetensors file has {PrintableText.Quoted(name)} twice");
            tensors.Add(new TensorInput(name, ReadTensor(name, entry, data)));
        }

        return tensors.Count <= MostTensors ? tensors : throw new BadInputException($"the safetensors file has more than {MostTensors} tensors");
    }

    /// <summary>Writes a file.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="tensors">The tensors, by names that differ.</param>
    /// <param name="metadata">Texts to go with them.</param>
    public static void Write(IBufferWriter<byte> output, IReadOnlyList<TensorInput> tensors, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        ArrayBufferWriter<byte> header = new();
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject(MetadataName);
                foreach ((string name, string text) in metadata)
                    json.WriteString(name, text);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach ((string? name, NDArray array) in tensors)
            {
                json.WriteStartObject(name!);
                json.WriteString("dtype", NameOf(array.DType));
                json.WriteStartArray("shape");
                foreach (long dimension in array.Shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += array.Memory.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // So that the tensors' bytes begin where a machine likes to read them.
        int padding = -header.WrittenCount & (sizeof(ulong) - 1);
        header.GetSpan(sizeof(ulong))[..padding].Fill((byte)' ');
        header.Advance(padding);
        BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(sizeof(ulong)), (ulong)header.WrittenCount);
        output.Advance(sizeof(ulong));
        output.Write(header.WrittenSpan);
        foreach ((_, NDArray array) in tensors)
            output.Write(array.Memory.Span);
    }

    private static NDArray ReadTensor(string name, ReadOnlyMemory<byte> entry, ReadOnlyMemory<byte> data)
    {
        List<(string Name, ReadOnlyMemory<byte> Value)> fields = JsonPieces.Members(entry, most: 10);
        ReadOnlyMemory<byte> Field(string wanted) => JsonPieces.Find(fields, wanted)
            ?? throw new BadInputException($"tensor {PrintableText.Quoted(name)} of the safetensors file has no '{wanted}'");

        string type = JsonPieces.Text(Field("dtype")) ?? "";
        if (TypeOf(type) is not { } dtype)
            throw new BadInputException($"tensor {PrintableText.Quoted(name)} has the dtype {PrintableText.Quoted(type)}; it takes F16, BF16, F32, F64, I8, U8, I16, I32, I64 or BOOL");
        long[] shape = Numbers(name, Field("shape"), MostDimensions);
        if (Numbers(name, Field("data_offsets"), 2) is not [long begin, long end] || begin > end || end > data.Length)
            throw new BadInputException($"tensor {PrintableText.Quoted(name)} lies outside of the safetensors file");
        return TensorBytes.Wrap(dtype, shape, data[(int)begin..(int)end], $"tensor {PrintableText.Quoted(name)}");
    }

    private static long[] Numbers(string name, ReadOnlyMemory<byte> json, int most) =>
        [.. JsonPieces.Items(json, most).Select(item => long.TryParse(item.Span, System.Globalization.CultureInfo.InvariantCulture, out long number) && number >= 0
            ? number
            : throw new BadInputException($"tensor {PrintableText.Quoted(name)} of the safetensors file has a shape or place that is no whole number from 0"))];

    private static DType? TypeOf(string name) => name switch
    {
        "F16" => DType.Float16,
        "BF16" => DType.BFloat16,
        "F32" => DType.Float32,
        "F64" => DType.Float64,
        "I8" => DType.Int8,
        "U8" => DType.UInt8,
        "I16" => DType.Int16,
        "I32" => DType.Int32,
        "I64" => DType.Int64,
        "BOOL" => DType.Bool,
        _ => null,
    };

    private static string NameOf(DType dtype) => dtype switch
    {
        DType.Float16 => "F16",
        DType.BFloat16 => "BF16",
        DType.Float32 => "F32",
        DType.Float64 => "F64",
        DType.Int8 => "I8",
        DType.UInt8 => "U8",
        DType.Int16 => "I16",
        DType.Int32 => "I32",
        DType.Int64 => "I64",
        _ => "BOOL",
    };
}
