using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Explains a score by occlusion: patches of the input are set to 0 one after the other, and each element is told how far the
/// score falls, on average, when a patch with it is hidden. It takes a forward for each patch, several in a batch, and no gradients,
/// which modules that are frozen for inference do not have.
/// </summary>
internal static class Occlusion
{
    // What the copies of an input that share a forward may take together.
    private const long MostCopiedBytes = 1L << 28;

    /// <summary>Explains.</summary>
    /// <param name="input">float32, laid out as [rows, channels, the grid's axes]; it is left as it is.</param>
    /// <param name="plain">Each row's score when nothing is hidden.</param>
    /// <param name="grid">The patches.</param>
    /// <param name="batchSize">How many patches may share a forward.</param>
    /// <param name="score">Gives the scores of some copies of the input, one after the other: of each its rows'.</param>
    /// <param name="cancellationToken">Ends it before the next forward.</param>
    /// <returns>float32 of the input's shape, in the score's unit: above 0 where the input speaks for it. Channels share a patch,
    /// so all of an element's have the same number.</returns>
    public static NDArray Explain(NDArray input, ReadOnlySpan<float> plain, OcclusionGrid grid, int batchSize, Func<NDArray, int, float[]> score, CancellationToken cancellationToken)
    {
        int rows = plain.Length;
        int inputBytes = input.Memory.Length;
        int copies = (int)Math.Clamp(Math.Min(MostCopiedBytes / inputBytes, batchSize), 1, grid.Count);
        float[] sums = new float[rows * grid.Area];
        using NDArray hidden = NDArray.Allocate(DType.Float32, [(long)copies * input.ElementCount]);
        for (int first = 0; first < grid.Count; first += copies)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(copies, grid.Count - first);
            for (int copy = 0; copy < count; copy++)
                Hide(input, hidden.AsSpan<float>().Slice(copy * input.ElementCount, input.ElementCount), grid, first + copy);
            float[] scores = score(NDArray.Wrap(DType.Float32, [(long)count * input.ElementCount], hidden.Memory[..(count * inputBytes)]), count);
            for (int i = 0; i < scores.Length; i++)
                grid.Add(sums.AsSpan(i % rows * grid.Area, grid.Area), first + (i / rows), plain[i % rows] - scores[i]);
        }

        return Spread(sums, input.Shape, grid, rows);
    }

    private static void Hide(NDArray input, Span<float> copy, OcclusionGrid grid, int patch)
    {
        input.AsSpan<float>().CopyTo(copy);
        for (; !copy.IsEmpty; copy = copy[grid.Area..])
            grid.Hide(copy[..grid.Area], patch);
    }

    private static NDArray Spread(float[] sums, ReadOnlySpan<long> shape, OcclusionGrid grid, int rows)
    {
        NDArray explanation = NDArray.Allocate(DType.Float32, shape);
        Span<float> elements = explanation.AsSpan<float>();
        int channels = elements.Length / sums.Length;
        for (int row = 0; row < rows; row++)
        {
            Span<float> map = sums.AsSpan(row * grid.Area, grid.Area);
            grid.Average(map);
            for (int channel = 0; channel < channels; channel++)
                map.CopyTo(elements[(((row * channels) + channel) * grid.Area)..]);
        }

        return explanation;
    }
}
