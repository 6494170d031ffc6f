namespace Eisen.Serve.Metrics;

/// <summary>One value of a metric, with its labels. Safe to change from any thread.</summary>
/// <param name="values">The labels' values, in the order of the metric's labels.</param>
/// <param name="labels">The labels as Prometheus writes them, without braces.</param>
/// <param name="bounds">A histogram's upper bounds, ascending; null for a number.</param>
internal sealed class MetricCell(IReadOnlyList<string> values, string labels, double[]? bounds)
{
    private readonly long[]? counts = bounds is null ? null : new long[bounds.Length + 1];
    private double value;
    private long touched;

    /// <summary>The labels' values, in the order of the metric's labels.</summary>
    public IReadOnlyList<string> Values => values;

    /// <summary>The labels as Prometheus writes them, without braces.</summary>
    public string Labels => labels;

    /// <summary>The number; a histogram's sum.</summary>
    public double Value => Volatile.Read(ref value);

    /// <summary>Whether it was ever set.</summary>
    public bool IsSet => Volatile.Read(ref touched) != 0;

    /// <summary>How many times it was set or added to.</summary>
    public long Changes => Volatile.Read(ref touched);

    /// <summary>A histogram's upper bounds; null for a number.</summary>
    public double[]? Bounds => bounds;

    /// <summary>A histogram's counts, not yet added up: how many fell below each bound and above the one before it, the
    /// last above all.</summary>
    public IReadOnlyList<long> Counts => counts is null ? [] : [.. counts.Select((_, i) => Volatile.Read(ref counts[i]))];

    /// <summary>Adds to a counter.</summary>
    public void Add(double amount)
    {
        double seen = Volatile.Read(ref value);
        double before;
        while ((before = Interlocked.CompareExchange(ref value, seen + amount, seen)) != seen)
            seen = before;
        Interlocked.Increment(ref touched);
    }

    /// <summary>Sets a gauge.</summary>
    public void Set(double now)
    {
        Volatile.Write(ref value, now);
        Interlocked.Increment(ref touched);
    }

    /// <summary>Counts a value in a histogram.</summary>
    public void Observe(double size)
    {
        int place = Array.BinarySearch(bounds!, size);
        Interlocked.Increment(ref counts![place < 0 ? ~place : place]);
        Add(size);
    }
}
