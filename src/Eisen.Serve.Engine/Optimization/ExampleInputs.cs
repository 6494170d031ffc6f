using System.Runtime.InteropServices;
using Eisen.Serve.Data;

namespace Eisen.Serve.Engine;

/// <summary>Inputs to try a module with.</summary>
internal static class ExampleInputs
{
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
