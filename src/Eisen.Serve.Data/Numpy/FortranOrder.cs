using System.Runtime.InteropServices;

namespace Eisen.Serve.Data;

/// <summary>Elements whose first dimension varies fastest, as Fortran, MATLAB and NIfTI have them.</summary>
internal static class FortranOrder
{
    /// <summary>Copies elements into C order.</summary>
    /// <param name="elements">The elements in Fortran order.</param>
    /// <param name="shape">The length of each dimension.</param>
    /// <param name="itemSize">Bytes per element: 1, 2, 4 or 8.</param>
    public static byte[] ToC(ReadOnlySpan<byte> elements, ReadOnlySpan<long> shape, int itemSize)
    {
        byte[] ordered = GC.AllocateUninitializedArray<byte>(elements.Length);
        switch (itemSize)
        {
            case 1:
                Copy(elements, shape, ordered);
                break;
            case 2:
                Copy(MemoryMarshal.Cast<byte, ushort>(elements), shape, MemoryMarshal.Cast<byte, ushort>(ordered.AsSpan()));
                break;
            case 4:
                Copy(MemoryMarshal.Cast<byte, uint>(elements), shape, MemoryMarshal.Cast<byte, uint>(ordered.AsSpan()));
                break;
            default:
                Copy(MemoryMarshal.Cast<byte, ulong>(elements), shape, MemoryMarshal.Cast<byte, ulong>(ordered.AsSpan()));
                break;
        }

        return ordered;
    }

    private static void Copy<T>(ReadOnlySpan<T> source, ReadOnlySpan<long> shape, Span<T> target)
    {
        if (source.IsEmpty)
            return;
        Span<int> index = stackalloc int[shape.Length];
        Span<int> strides = stackalloc int[shape.Length];
        index.Clear();
        int stride = 1;
        for (int dimension = 0; dimension < shape.Length; dimension++)
        {
            strides[dimension] = stride;
            stride *= (int)shape[dimension];
        }

        int from = 0;
        for (int to = 0; to < target.Length; to++)
        {
            target[to] = source[from];
            for (int dimension = shape.Length - 1; dimension >= 0; dimension--)
            {
                from += strides[dimension];
                if (++index[dimension] < shape[dimension])
                    break;
                from -= index[dimension] * strides[dimension];
                index[dimension] = 0;
            }
        }
    }
}
