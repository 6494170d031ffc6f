using System.Runtime.InteropServices;
using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>Inputs to try a module with.</summary>
internal static class ExampleInputs
{
    /// <summary>Makes an array: pseudo-random numbers from 0 to 1 for floating-point dtypes, the same ones each time; zeros for
    /// the others, as a number of a token or a class has to exist.</summary>
    /// <exception cref="ArgumentException">A dimension is negative, or the array would exceed 2 GiB.</exception>
    public static NDArray Make(DType dtype, ReadOnlySpan<long> shape)
    {
        NDArray array = NDArray.Allocate(dtype, shape);
        Random random = new(0);
        switch (dtype)
        {
            case DType.Float16:
                foreach (ref Half element in array.AsSpan<Half>())
                    element = (Half)random.NextSingle();
                break;
            case DType.BFloat16:
                foreach (ref ushort bits in array.AsSpan<ushort>())
                    bits = (ushort)(BitConverter.SingleToUInt32Bits(random.NextSingle()) >> 16);
                break;
            case DType.Float32:
                foreach (ref float element in array.AsSpan<float>())
                    element = random.NextSingle();
                break;
            case DType.Float64:
                foreach (ref double element in array.AsSpan<double>())
                    element = random.NextDouble();
                break;
            default:
                array.Memory.Span.Clear();
                break;
        }

        return array;
    }

    /// <summary>Copies a value; its arrays are the copy's own, on the managed heap or to be let go with <see cref="Dispose"/>.</summary>
    public static TorchValue Copy(TorchValue value) => Map(value, array => CopyOf(array));

    /// <summary>Copies a value with the elements of its floating-point arrays in reverse order: another input, whose numbers
    /// are as likely as the first one's.</summary>
    public static TorchValue Reversed(TorchValue value) => Map(value, array =>
    {
        NDArray copy = CopyOf(array);
        switch (copy.DType)
        {
            case DType.Float16 or DType.BFloat16:
                MemoryMarshal.Cast<byte, ushort>(copy.Memory.Span).Reverse();
                break;
            case DType.Float32:
                copy.AsSpan<float>().Reverse();
                break;
            case DType.Float64:
                copy.AsSpan<double>().Reverse();
                break;
        }

        return copy;
    });

    /// <summary>Disposes a value's arrays.</summary>
    public static void Dispose(TorchValue value) => Map(value, array =>
    {
        array.Dispose();
        return array;
    });

    private static NDArray CopyOf(NDArray array)
    {
        NDArray copy = NDArray.Allocate(array.DType, array.Shape);
        array.Memory.Span.CopyTo(copy.Memory.Span);
        return copy;
    }

    private static TorchValue Map(TorchValue value, Func<NDArray, NDArray> change) => value switch
    {
        TorchValue.Tensor tensor => new TorchValue.Tensor(change(tensor.Array)),
        TorchValue.List list => new TorchValue.List([.. list.Items.Select(item => Map(item, change))]),
        TorchValue.Tuple tuple => new TorchValue.Tuple([.. tuple.Items.Select(item => Map(item, change))]),
        TorchValue.Dict dict => new TorchValue.Dict([.. dict.Items.Select(pair => KeyValuePair.Create(pair.Key, Map(pair.Value, change)))]),
        _ => value,
    };
}
