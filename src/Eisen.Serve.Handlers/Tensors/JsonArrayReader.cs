using System.Numerics;
using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Reads nested JSON lists of numbers into an array. A first pass finds the shape, so that a body never makes
/// anything be allocated but what its own numbers need.</summary>
internal static class JsonArrayReader
{
    private const int MaxDimensions = 32;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDimensions };

    /// <summary>Whether numbers of this dtype can be read from JSON.</summary>
    public static bool Supports(DType dtype) => dtype.IsTensorType && dtype is not (DType.Float16 or DType.BFloat16);

    /// <exception cref="BadInputException">The bytes are not JSON, not nested lists of numbers, ragged, or hold a number
    /// that is outside of the dtype's range.</exception>
    public static NDArray Read(ReadOnlySpan<byte> json, DType dtype)
    {
        try
        {
            long[] shape = FindShape(json);
            NDArray array = Allocate(dtype, shape);
            try
            {
                Fill(json, array);
                return array;
            }
            catch
            {
                array.Dispose();
                throw;
            }
        }
        catch (JsonException mistake)
        {
            throw new BadInputException($"the body is not JSON: {JsonFault.Of(mistake)}");
        }
    }

    /// <summary>The shape that the numbers have, as <see cref="Read"/> would give it.</summary>
    /// <exception cref="BadInputException">The bytes are not JSON, not nested lists of numbers, or ragged.</exception>
    public static long[] ShapeOf(ReadOnlySpan<byte> json)
    {
        try
        {
            return FindShape(json);
        }
        catch (JsonException mistake)
        {
            throw new BadInputException($"the body is not JSON: {JsonFault.Of(mistake)}");
        }
    }

    private static NDArray Allocate(DType dtype, long[] shape)
    {
        try
        {
            return NDArray.Allocate(dtype, shape);
        }
        catch (ArgumentException)
        {
            throw new BadInputException($"the numbers would take more than 2 GiB as {dtype.TypeName}");
        }
    }

    private static long[] FindShape(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, Options);
        long[] lengths = new long[MaxDimensions + 1];
        Span<long> counts = stackalloc long[MaxDimensions + 1];
        int dimensions = -1;
        int depth = 0;
        Array.Fill(lengths, -1);

        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray:
                    if (dimensions >= 0 && depth >= dimensions)
                        throw Ragged(reader, "a list stands where a number stood before");
                    Count(counts, depth);
                    depth++;
                    counts[depth] = 0;
                    break;
                case JsonTokenType.EndArray:
                    if (lengths[depth] >= 0 && lengths[depth] != counts[depth])
                        throw Ragged(reader, $"a list of {counts[depth]} stands where one of {lengths[depth]} stood before");
                    // An empty list ends the nesting: below it nothing can be.
                    if (counts[depth] == 0)
                        SetDimensions(reader, depth, ref dimensions);
                    lengths[depth] = counts[depth];
                    depth--;
                    break;
                case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                    SetDimensions(reader, depth, ref dimensions);
                    Count(counts, depth);
                    break;
                default:
                    throw new BadInputException($"the body must be nested lists of numbers, but at byte {reader.TokenStartIndex} there is {Name(reader.TokenType)}");
            }
        }

        return lengths[1..(Math.Max(dimensions, 0) + 1)];
    }

    private static void Count(Span<long> counts, int depth) => counts[depth]++;

    private static void SetDimensions(in Utf8JsonReader reader, int depth, ref int dimensions)
    {
        if (dimensions >= 0 && dimensions != depth)
            throw Ragged(reader, "numbers stand at different depths");
        dimensions = depth;
    }

    private static void Fill(ReadOnlySpan<byte> json, NDArray array)
    {
        switch (array.DType)
        {
            case DType.Float32: Fill<float>(json, array, static (ref reader) => Finite(reader.GetSingle())); break;
            case DType.Float64: Fill<double>(json, array, static (ref reader) => Finite(reader.GetDouble())); break;
            case DType.Int8: Fill<sbyte>(json, array, static (ref reader) => reader.GetSByte()); break;
            case DType.UInt8: Fill<byte>(json, array, static (ref reader) => reader.GetByte()); break;
            case DType.Int16: Fill<short>(json, array, static (ref reader) => reader.GetInt16()); break;
            case DType.Int32: Fill<int>(json, array, static (ref reader) => reader.GetInt32()); break;
            case DType.Int64: Fill<long>(json, array, static (ref reader) => reader.GetInt64()); break;
            case DType.Bool: Fill<bool>(json, array, static (ref reader) => reader.GetBoolean()); break;
            default: throw new NotSupportedException($"JSON cannot be read as {array.DType.TypeName}. This is a bug.");
        }
    }

    // .NET reads 1e999 as infinity.
    private static T Finite<T>(T number)
        where T : IFloatingPointIeee754<T> => T.IsFinite(number) ? number : throw new FormatException();

    private delegate T ReadNumber<T>(ref Utf8JsonReader reader);

    private static void Fill<T>(ReadOnlySpan<byte> json, NDArray array, ReadNumber<T> read)
        where T : unmanaged
    {
        Span<T> elements = array.AsSpan<T>();
        Utf8JsonReader reader = new(json, Options);
        int index = 0;
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False))
                continue;
            try
            {
                elements[index++] = read(ref reader);
            }
            catch (Exception mistake) when (mistake is FormatException or InvalidOperationException)
            {
                throw new BadInputException($"the value at byte {reader.TokenStartIndex} is not of {array.DType.TypeName}, which the model takes");
            }
        }
    }

    private static BadInputException Ragged(in Utf8JsonReader reader, string how) =>
        new($"the nested lists are ragged: at byte {reader.TokenStartIndex} {how}");

    private static string Name(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.String => "a string",
        JsonTokenType.Null => "null",
        _ => token.ToString(),
    };
}
