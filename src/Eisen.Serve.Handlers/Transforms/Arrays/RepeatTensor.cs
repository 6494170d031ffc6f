using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>Repeats an array along its dimensions, as <c>numpy.tile</c> does. Where the array has fewer dimensions than there
/// are repetitions it gets ones in front, and the other way round.</summary>
/// <param name="names">The fields' names.</param>
/// <param name="repetitions">How often, along each dimension.</param>
internal sealed class RepeatTensor(string[] names, long[] repetitions) : ArrayTransform(nameof(RepeatTensor), names)
{
    public static RepeatTensor Read(TransformParameters parameters) =>
        new(parameters.GetFields(), parameters.GetSizes("reps", count: null, most: FieldArray.MaxDimensions));

    protected override NDArray Transform(FieldArray source)
    {
        NDArray array = source.Array;
        int dimensions = Math.Max(array.Shape.Length, repetitions.Length);
        long[] shape = [.. Enumerable.Repeat(1L, dimensions - array.Shape.Length), .. array.Shape];
        long[] times = [.. Enumerable.Repeat(1L, dimensions - repetitions.Length), .. repetitions];

        // No overflow: both factors are below 2^31.
        NDArray result = source.Allocate(array.DType, [.. shape.Zip(times, (length, count) => length * count)]);
        if (result.ElementCount > 0)
            Tile(array.Memory.Span, shape, times, result.Memory.Span);
        return result;
    }

    /// <summary>Fills the destination with the source, tiled along the dimensions that are left.</summary>
    private static void Tile(ReadOnlySpan<byte> source, ReadOnlySpan<long> shape, ReadOnlySpan<long> times, Span<byte> destination)
    {
        if (source.Length == destination.Length)
        {
            source.CopyTo(destination);
            return;
        }

        int once = destination.Length / (int)times[0];
        int from = source.Length / (int)shape[0];
        int to = once / (int)shape[0];
        for (int i = 0; i < shape[0]; i++)
            Tile(source.Slice(i * from, from), shape[1..], times[1..], destination.Slice(i * to, to));

        // What is there already is copied behind itself, twice as much each time.
        for (int filled = once; filled < destination.Length;)
        {
            int count = Math.Min(filled, destination.Length - filled);
            destination[..count].CopyTo(destination[filled..]);
            filled += count;
        }
    }
}
