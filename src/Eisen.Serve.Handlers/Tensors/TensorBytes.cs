using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Tensors from bytes that came from outside.</summary>
internal static class TensorBytes
{
    /// <summary>Makes a tensor over bytes, which are not copied.</summary>
    /// <param name="dtype">The type of its elements.</param>
    /// <param name="shape">Its dimensions, none negative.</param>
    /// <param name="bytes">The elements in C order, little-endian.</param>
    /// <param name="called">What a message calls the bytes.</param>
    /// <exception cref="BadInputException">The shape does not match the number of bytes, or a truth value is neither 0 nor 1.</exception>
    public static NDArray Wrap(DType dtype, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> bytes, string called)
    {
        if (!NDArray.Fits(dtype, shape))
            throw new BadInputException($"{dtype.TypeName}[{Join(shape)}] takes more than 2 GiB");
        int needed = NDArray.ByteLength(dtype, shape);
        if (needed != bytes.Length)
            throw new BadInputException($"{dtype.TypeName}[{Join(shape)}] takes {needed} bytes, but {called} has {bytes.Length}");
        // Code that was compiled for truth values may do anything with others.
        if (dtype == DType.Bool && bytes.Span.ContainsAnyExceptInRange((byte)0, (byte)1))
            throw new BadInputException($"{called} has truth values other than 0 and 1");
        return NDArray.Wrap(dtype, shape, MemoryMarshal.AsMemory(bytes));
    }

    /// <summary>Dimensions with commas between.</summary>
    public static string Join(ReadOnlySpan<long> shape)
    {
        DefaultInterpolatedStringHandler text = new(0, shape.Length, CultureInfo.InvariantCulture, stackalloc char[128]);
        for (int i = 0; i < shape.Length; i++)
        {
            if (i > 0)
                text.AppendLiteral(",");
            text.AppendFormatted(shape[i]);
        }

        return text.ToStringAndClear();
    }
}
