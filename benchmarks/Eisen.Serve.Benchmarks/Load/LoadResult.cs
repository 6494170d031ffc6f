namespace Eisen.Serve.Benchmarks.Load;

/// <summary>What a window of load gave. Times are in microseconds.</summary>
internal sealed record LoadResult
{
    /// <summary>Why there are no numbers, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>Answers per second.</summary>
    public double Rate { get; init; }

    /// <summary>How many latencies were measured.</summary>
    public int Requests { get; init; }

    /// <summary>The median latency.</summary>
    public double Median { get; init; }

    /// <summary>The latency that 99 % of the requests stay below.</summary>
    public double P99 { get; init; }

    /// <summary>The latency that 99.9 % of the requests stay below.</summary>
    public double P999 { get; init; }

    /// <summary>How late the 99th percentile of an open loop's requests was sent: it is part of their latency.</summary>
    public double SendDelayP99 { get; init; }
}
