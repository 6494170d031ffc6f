namespace Eisen.Serve.Benchmarks.Load;

/// <summary>A growing list of times in nanoseconds.</summary>
internal sealed class Samples
{
    private long[] times = new long[1 << 12];

    public int Count { get; private set; }

    public void Add(long nanoseconds)
    {
        if (Count == times.Length)
            Array.Resize(ref times, 2 * Count);
        times[Count++] = nanoseconds;
    }

    /// <summary>All samples of several lists, sorted.</summary>
    public static long[] Sorted(IEnumerable<Samples> parts)
    {
        long[] all = [.. parts.SelectMany(part => part.times.Take(part.Count))];
        Array.Sort(all);
        return all;
    }

    /// <summary>A percentile by nearest rank, in microseconds; NaN when there are no samples.</summary>
    /// <param name="sorted">Sorted nanoseconds.</param>
    /// <param name="fraction">For example 0.99.</param>
    public static double Percentile(long[] sorted, double fraction)
    {
        if (sorted.Length == 0)
            return double.NaN;
        int rank = (int)Math.Ceiling(fraction * sorted.Length);
        return sorted[Math.Clamp(rank - 1, 0, sorted.Length - 1)] / 1000.0;
    }
}
