using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Arrays of any dtype as float32, which is what an Eisen model gets.</summary>
internal static class FloatArrays
{
    /// <summary>Whether an array can go to a module as it is: float32, at an address that its elements may have.</summary>
    public static unsafe bool IsReady(NDArray array)
    {
        if (array.DType != DType.Float32)
            return false;
        fixed (byte* first = array.Memory.Span)
            return (nuint)first % sizeof(float) == 0;
    }

    /// <summary>Converts all elements.</summary>
    /// <param name="array">The array.</param>
    /// <param name="target">As many elements.</param>
    public static void Convert(NDArray array, Span<float> target)
    {
        switch (array.DType)
        {
            case DType.Float32: array.AsSpan<float>().CopyTo(target); break;
            case DType.Float16: TensorPrimitives.ConvertToSingle(array.AsSpan<Half>(), target); break;
            case DType.BFloat16: ConvertBrain(array.AsSpan<ushort>(), target); break;
            case DType.Float64: TensorPrimitives.ConvertTruncating<double, float>(array.AsSpan<double>(), target); break;
            case DType.Int8: TensorPrimitives.ConvertTruncating<sbyte, float>(array.AsSpan<sbyte>(), target); break;
            case DType.UInt8 or DType.Bool: TensorPrimitives.ConvertTruncating<byte, float>(array.Memory.Span, target); break;
            case DType.Int16: TensorPrimitives.ConvertTruncating<short, float>(array.AsSpan<short>(), target); break;
            case DType.UInt16: TensorPrimitives.ConvertTruncating<ushort, float>(array.AsSpan<ushort>(), target); break;
            case DType.Int32: TensorPrimitives.ConvertTruncating<int, float>(array.AsSpan<int>(), target); break;
            case DType.UInt32: TensorPrimitives.ConvertTruncating<uint, float>(array.AsSpan<uint>(), target); break;
            case DType.Int64: TensorPrimitives.ConvertTruncating<long, float>(array.AsSpan<long>(), target); break;
            case DType.UInt64: TensorPrimitives.ConvertTruncating<ulong, float>(array.AsSpan<ulong>(), target); break;
            default: throw new NotSupportedException($"{array.DType} cannot be converted. This is a bug.");
        }
    }

    /// <summary>A bfloat16 array as float32: numpy has no such type.</summary>
    public static NDArray Widen(NDArray array)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(NDArray.ByteLength(DType.Float32, array.Shape));
        Convert(array, MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        return NDArray.Wrap(DType.Float32, array.Shape, bytes);
    }

    private static void ConvertBrain(ReadOnlySpan<ushort> bits, Span<float> target)
    {
        for (int i = 0; i < bits.Length; i++)
            target[i] = BitConverter.UInt32BitsToSingle((uint)bits[i] << 16);
    }
}
