using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;
using static System.Runtime.InteropServices.MemoryMarshal;

namespace Eisen.Serve.Data;

/// <summary>Arrays from bytes, as numpy describes them: the type's name, the shape, and the elements in C order.</summary>
public static class NumpyArray
{
    /// <summary>The most dimensions that numpy's arrays have.</summary>
    public const int MaxDimensions = 32;

    /// <summary>Makes an array of bytes that exist already. They are copied only where they cannot stay as they are: elements
    /// in the other byte order are turned, and truth values other than 0 and 1 become 1. The copy lies on the managed heap, so that the array needs
    /// no disposal.</summary>
    /// <param name="type">numpy's name or code: <c>float32</c>, <c>&lt;f4</c>, <c>&gt;i2</c>.</param>
    /// <param name="shape">The length of each dimension; at most <see cref="MaxDimensions"/> of them.</param>
    /// <param name="bytes">The elements, exactly as many as the shape needs. They may lie at any address.</param>
    /// <exception cref="DataFormatException">The type is none that arrays can have, a dimension is negative, or the shape does
    /// not match the number of bytes.</exception>
    public static NDArray Wrap(string type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> name = Encoding.UTF8.GetBytes(type);
        NumpyType parsed = NumpyType.TryParse(name, out NumpyType found) ? found : throw UnknownType(name);
        RequireFit(parsed, shape, bytes.Length);
        return Wrap(parsed, shape, bytes);
    }

    internal static NDArray Wrap(NumpyType type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> bytes)
    {
        if (type.IsSwapped)
            return NDArray.Wrap(type.DType, shape, Swapped(bytes.Span, type.DType.ItemSize));
        if (type.DType == DType.Bool && bytes.Span.ContainsAnyInRange((byte)2, byte.MaxValue))
            return NDArray.Wrap(type.DType, shape, Array.ConvertAll(bytes.ToArray(), truth => (byte)(truth == 0 ? 0 : 1)));
        return NDArray.Wrap(type.DType, shape, AsMemory(bytes));
    }

    internal static void RequireFit(NumpyType type, ReadOnlySpan<long> shape, int given)
    {
        string name = type.DType.TypeName;
        if (shape.Length > MaxDimensions)
            throw new DataFormatException($"an array has {shape.Length} dimensions; {MaxDimensions} is the most");
        if (shape.ContainsAnyInRange(long.MinValue, -1))
            throw new DataFormatException($"the shape [{Join(shape)}] has a negative dimension");
        if (!NDArray.Fits(type.DType, shape))
            throw new DataFormatException($"{name}[{Join(shape)}] would take more than 2 GiB, but there are {given} bytes");
        int needed = NDArray.ByteLength(type.DType, shape);
        if (needed != given)
            throw new DataFormatException($"{name}[{Join(shape)}] takes {needed} bytes, but there are {given}");
    }

    internal static DataFormatException UnknownType(ReadOnlySpan<byte> name) =>
        new($"the element type {PrintableText.Quoted(Encoding.UTF8.GetString(name[..Math.Min(name.Length, 200)]))} is none that arrays have here; they have {NumpyType.Examples}, for example");

    private static byte[] Swapped(ReadOnlySpan<byte> bytes, int itemSize)
    {
        byte[] swapped = GC.AllocateUninitializedArray<byte>(bytes.Length);
        switch (itemSize)
        {
            case sizeof(ushort):
                ReverseEndianness(Cast<byte, ushort>(bytes), Cast<byte, ushort>(swapped.AsSpan()));
                break;
            case sizeof(uint):
                ReverseEndianness(Cast<byte, uint>(bytes), Cast<byte, uint>(swapped.AsSpan()));
                break;
            default:
                ReverseEndianness(Cast<byte, ulong>(bytes), Cast<byte, ulong>(swapped.AsSpan()));
                break;
        }

        return swapped;
    }

    private static string Join(ReadOnlySpan<long> shape) => string.Join(", ", shape.ToArray());
}
