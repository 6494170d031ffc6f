using System.Runtime.InteropServices;
using Eisen.Serve.Data;

namespace Eisen.Serve.Engine;

/// <summary>How far apart two answers of modules are that should give the same.</summary>
internal static class OutputComparison
{
    /// <summary>What rounding may do: sums in another order, operators joined.</summary>
    public const double Tolerance = 1e-4;

    /// <summary>
    /// The largest |a - b| / max(1, |a|) over all floating-point numbers of two trees; infinite where anything else of them
    /// differs: structure, dtypes, shapes, integers, truth values, texts, or where only one number is finite. Two NaN are equal.
    /// </summary>
    public static double LargestDifference(TorchValue expected, TorchValue actual) => (expected, actual) switch
    {
        (TorchValue.Tensor a, TorchValue.Tensor b) => OfArrays(a.Array, b.Array),
        (TorchValue.List a, TorchValue.List b) => OfItems(a.Items, b.Items),
        (TorchValue.Tuple a, TorchValue.Tuple b) => OfItems(a.Items, b.Items),
        (TorchValue.Dict a, TorchValue.Dict b) => OfPairs(a.Items, b.Items),
        (TorchValue.Float a, TorchValue.Float b) => OfNumbers(a.Number, b.Number),
        _ => expected.Equals(actual) ? 0 : double.PositiveInfinity,
    };

    private static double OfItems(IReadOnlyList<TorchValue> expected, IReadOnlyList<TorchValue> actual) =>
        expected.Count != actual.Count
            ? double.PositiveInfinity
            : expected.Zip(actual, LargestDifference).Append(0).Max();

    private static double OfPairs(
        IReadOnlyList<KeyValuePair<TorchValue, TorchValue>> expected, IReadOnlyList<KeyValuePair<TorchValue, TorchValue>> actual) =>
        Math.Max(
            OfItems([.. expected.Select(pair => pair.Key)], [.. actual.Select(pair => pair.Key)]),
            OfItems([.. expected.Select(pair => pair.Value)], [.. actual.Select(pair => pair.Value)]));

    private static double OfArrays(NDArray expected, NDArray actual)
    {
        if (expected.DType != actual.DType || !expected.Shape.SequenceEqual(actual.Shape))
            return double.PositiveInfinity;
        return expected.DType switch
        {
            DType.Float16 => OfElements(expected.AsSpan<Half>(), actual.AsSpan<Half>(), number => (double)number),
            DType.BFloat16 => OfElements(expected.AsSpan<ushort>(), actual.AsSpan<ushort>(), OfBrainFloat),
            DType.Float32 => OfElements(expected.AsSpan<float>(), actual.AsSpan<float>(), number => number),
            DType.Float64 => OfElements(expected.AsSpan<double>(), actual.AsSpan<double>(), number => number),
            _ => expected.Memory.Span.SequenceEqual(actual.Memory.Span) ? 0 : double.PositiveInfinity,
        };
    }

    private static double OfBrainFloat(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private static double OfElements<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> actual, Func<T, double> toDouble)
        where T : unmanaged
    {
        // Most answers are equal to the last bit, and some are large.
        if (MemoryMarshal.AsBytes(expected).SequenceEqual(MemoryMarshal.AsBytes(actual)))
            return 0;

        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
            largest = Math.Max(largest, OfNumbers(toDouble(expected[i]), toDouble(actual[i])));
        return largest;
    }

    private static double OfNumbers(double expected, double actual)
    {
        if (expected.Equals(actual))
            return 0;
        double difference = Math.Abs(expected - actual) / Math.Max(1, Math.Abs(expected));
        return double.IsFinite(difference) ? difference : double.PositiveInfinity;
    }
}
