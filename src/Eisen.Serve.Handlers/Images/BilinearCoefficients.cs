namespace Eisen.Serve.Handlers.Images;

/// <summary>
/// The weights with which source pixels along one axis make each destination pixel: Pillow's antialiased bilinear
/// filter in its fixed-point form (libImaging/Resample.c, <c>precompute_coeffs</c> and <c>normalize_coeffs_8bpc</c>).
/// Weights are computed in double precision in Pillow's own order of operations, because a different rounding of one
/// of them would show in the pixels.
/// </summary>
internal sealed class BilinearCoefficients
{
    /// <summary>Fractional bits of a weight: 32, less 8 for the sample and 2 for overflow.</summary>
    public const int PrecisionBits = 32 - 8 - 2;

    private readonly int[] weights;
    private readonly int[] starts;
    private readonly int[] counts;
    private readonly int stride;

    /// <summary>Computes the weights of a range of destination pixels.</summary>
    /// <param name="sourceSize">Source pixels along the axis.</param>
    /// <param name="resizedSize">Destination pixels along the axis, all of them.</param>
    /// <param name="first">The first destination pixel that is wanted.</param>
    /// <param name="count">How many are wanted.</param>
    public BilinearCoefficients(int sourceSize, int resizedSize, int first, int count)
    {
        double scale = (double)sourceSize / resizedSize;
        double filterScale = Math.Max(scale, 1.0);
        double support = filterScale;
        double perPixel = 1.0 / filterScale;

        stride = Math.Min((int)Math.Ceiling(support) * 2 + 1, sourceSize);
        weights = new int[checked(stride * count)];
        starts = new int[count];
        counts = new int[count];
        double[] row = new double[stride];

        for (int i = 0; i < count; i++)
        {
            double center = (first + i + 0.5) * scale;
            int start = Math.Max((int)(center - support + 0.5), 0);
            int taps = Math.Min((int)(center + support + 0.5), sourceSize) - start;
            double sum = 0.0;
            for (int x = 0; x < taps; x++)
            {
                double distance = Math.Abs((x + start - center + 0.5) * perPixel);
                row[x] = distance < 1.0 ? 1.0 - distance : 0.0;
                sum += row[x];
            }

            for (int x = 0; x < taps; x++)
            {
                double weight = sum != 0.0 ? row[x] / sum : row[x];
                weights[i * stride + x] = (int)(0.5 + weight * (1 << PrecisionBits));
            }

            // A weight of nought at the end, which the filter's rounded support often brings, costs time and adds nothing.
            while (taps > 1 && weights[i * stride + taps - 1] == 0)
                taps--;
            starts[i] = start;
            counts[i] = taps;
            MostTaps = Math.Max(MostTaps, taps);
        }
    }

    /// <summary>The largest number of source pixels that one destination pixel uses.</summary>
    public int MostTaps { get; }

    /// <summary>The first source pixel that a destination pixel uses; it never decreases from one to the next.</summary>
    /// <param name="index">The destination pixel, counted from the first that was wanted.</param>
    public int StartOf(int index) => starts[index];

    /// <summary>A destination pixel's weights, for the source pixels from its start on.</summary>
    /// <param name="index">The destination pixel, counted from the first that was wanted.</param>
    public ReadOnlySpan<int> WeightsOf(int index) => weights.AsSpan(index * stride, counts[index]);
}
