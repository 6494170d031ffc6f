using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Arrays for <see cref="IModelHandler.ExampleInputs"/>.</summary>
public static class ExampleArray
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
}
