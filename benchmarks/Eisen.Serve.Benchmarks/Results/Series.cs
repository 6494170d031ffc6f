namespace Eisen.Serve.Benchmarks.Results;

/// <summary>A measured number: one value a window.</summary>
/// <param name="Windows">The values in the order in which they were measured.</param>
internal sealed record Series(IReadOnlyList<double> Windows)
{
    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    public double Median { get; } = MedianOf(Windows);

    /// <summary>The least.</summary>
    public double Least { get; } = Windows.Min();

    /// <summary>The greatest.</summary>
    public double Greatest { get; } = Windows.Max();

    /// <summary>A value of each window of this one and the window of another that was measured beside it.</summary>
    public Series With(Series other, Func<double, double, double> combine) => new([.. Windows.Zip(other.Windows, combine)]);

    private static double MedianOf(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
