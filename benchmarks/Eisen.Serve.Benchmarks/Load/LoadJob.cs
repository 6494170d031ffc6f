namespace Eisen.Serve.Benchmarks.Load;

/// <summary>A window of load on one address.</summary>
internal sealed record LoadJob
{
    /// <summary>The port on the loopback interface.</summary>
    public required int Port { get; init; }

    /// <summary>What is posted, and the right answer.</summary>
    public required Question Question { get; init; }

    /// <summary>Keep-alive connections, each with one request under way at most.</summary>
    public required int Connections { get; init; }

    /// <summary>How long is measured.</summary>
    public required double Seconds { get; init; }

    /// <summary>How long the load runs before that.</summary>
    public required double RampSeconds { get; init; }

    /// <summary>Requests per second at which an open loop sends; null for a closed loop, in which each connection sends
    /// again as soon as it has its answer.</summary>
    public double? Rate { get; init; }
}
