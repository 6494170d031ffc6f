using System.Runtime.InteropServices;

namespace Eisen.Serve.Data;

/// <summary>
/// An n-dimensional array: a dtype, a shape, and its elements in C order. The memory is managed or native, the array's
/// own or borrowed; whoever holds the array disposes it, and a borrowed array's dispose leaves the memory alone.
/// </summary>
public sealed class NDArray : IDisposable
{
    private readonly long[] shape;
    private readonly Memory<byte> memory;
    private readonly IDisposable? owner;

    private NDArray(DType dtype, long[] shape, Memory<byte> memory, IDisposable? owner)
    {
        DType = dtype;
        this.shape = shape;
        this.memory = memory;
        this.owner = owner;
    }

    /// <summary>The type of the elements.</summary>
    public DType DType { get; }

    /// <summary>The length of each dimension, none negative; empty for a single number.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>The elements' bytes in C order, in this machine's byte order.</summary>
    public Memory<byte> Memory => memory;

    /// <summary>How many elements there are: the product of the shape.</summary>
    public int ElementCount => memory.Length / DType.ItemSize;

    /// <summary>Allocates an array whose elements are not initialised.</summary>
    /// <exception cref="ArgumentException">A dimension is negative, or the array would exceed 2 GiB.</exception>
    public static NDArray Allocate(DType dtype, ReadOnlySpan<long> shape)
    {
        NativeBlock block = new(ByteLength(dtype, shape));
        return new NDArray(dtype, shape.ToArray(), block.Memory, block);
    }

    /// <summary>Copies elements into a new array.</summary>
    /// <param name="elements">The elements in C order. bfloat16 has no .NET type: allocate, and fill the span.</param>
    /// <param name="shape">The length of each dimension; their product is the number of elements.</param>
    /// <exception cref="ArgumentException">The shape does not match the number of elements.</exception>
    public static NDArray Copy<T>(ReadOnlySpan<T> elements, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        DType dtype = DTypeExtensions.Of<T>();
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(elements);
        RequireLength(dtype, shape, bytes.Length);
        NDArray array = Allocate(dtype, shape);
        bytes.CopyTo(array.memory.Span);
        return array;
    }

    /// <summary>Makes an array over memory that exists already; nothing is copied.</summary>
    /// <param name="dtype">The type of the elements.</param>
    /// <param name="shape">The length of each dimension.</param>
    /// <param name="memory">The elements' bytes in C order: exactly as many as the shape needs.</param>
    /// <param name="owner">Disposed with the array; null when the memory is borrowed.</param>
    /// <exception cref="ArgumentException">The shape does not match the number of bytes.</exception>
    public static NDArray Wrap(DType dtype, ReadOnlySpan<long> shape, Memory<byte> memory, IDisposable? owner = null)
    {
        RequireLength(dtype, shape, memory.Length);
        return new NDArray(dtype, shape.ToArray(), memory, owner);
    }

    /// <summary>The elements as a span of their .NET type; bfloat16 as the raw bits in <see cref="ushort"/>.</summary>
    /// <exception cref="InvalidOperationException">The array has another dtype.</exception>
    public Span<T> AsSpan<T>()
        where T : unmanaged
    {
        DType wanted = DTypeExtensions.Of<T>();
        if (wanted != DType && (wanted, DType) != (DType.UInt16, DType.BFloat16))
            throw new InvalidOperationException($"The array's dtype is {DType.TypeName}, not {wanted.TypeName}.");
        return MemoryMarshal.Cast<byte, T>(memory.Span);
    }

    /// <summary>The dtype and the shape, for example <c>float32[2, 3]</c>.</summary>
    public override string ToString() => $"{DType.TypeName}[{string.Join(", ", shape)}]";

    /// <inheritdoc/>
    public void Dispose() => owner?.Dispose();

    /// <summary>Whether there can be an array of this dtype and shape: no dimension is negative, and it takes at most
    /// 2 GiB.</summary>
    public static bool Fits(DType dtype, ReadOnlySpan<long> shape) => TryByteLength(dtype, shape, out _);

    /// <summary>The bytes that an array of this dtype and shape takes.</summary>
    /// <exception cref="ArgumentException">A dimension is negative, or the array would exceed 2 GiB.</exception>
    public static int ByteLength(DType dtype, ReadOnlySpan<long> shape)
    {
        if (TryByteLength(dtype, shape, out int bytes))
            return bytes;
        throw new ArgumentException(
            shape.ContainsAnyInRange(long.MinValue, -1) ? $"The shape [{Join(shape)}] has a negative dimension." : $"An array {dtype.TypeName}[{Join(shape)}] would exceed 2 GiB.",
            nameof(shape));
    }

    private static bool TryByteLength(DType dtype, ReadOnlySpan<long> shape, out int bytes)
    {
        bytes = 0;
        if (shape.ContainsAnyInRange(long.MinValue, -1))
            return false;
        if (shape.Contains(0L))
            return true;

        long product = dtype.ItemSize;
        foreach (long dimension in shape)
        {
            // Checked step by step against the bound, so that the product cannot overflow before it is compared.
            if (product > Array.MaxLength / dimension)
                return false;
            product *= dimension;
        }

        bytes = (int)product;
        return true;
    }

    private static void RequireLength(DType dtype, ReadOnlySpan<long> shape, int given)
    {
        int needed = ByteLength(dtype, shape);
        if (needed != given)
            throw new ArgumentException($"An array {dtype.TypeName}[{Join(shape)}] takes {needed} bytes, not {given}.", nameof(shape));
    }

    private static string Join(ReadOnlySpan<long> shape) => string.Join(", ", shape.ToArray());
}
