namespace Eisen.Serve.Engine;

/// <summary>How a version should run, as far as somebody has said so; null leaves it open.</summary>
public sealed record ModelParameters
{
    /// <summary>The fewest workers.</summary>
    public int? MinWorkers { get; init; }

    /// <summary>The most workers.</summary>
    public int? MaxWorkers { get; init; }

    /// <summary>The most requests of a batch.</summary>
    public int? BatchSize { get; init; }

    /// <summary>How long the oldest request may wait for a batch, in milliseconds.</summary>
    public int? MaxBatchDelay { get; init; }

    /// <summary>How long a request may take, in seconds.</summary>
    public int? ResponseTimeout { get; init; }

    /// <summary>How long a worker may take to load, in seconds.</summary>
    public int? StartupTimeout { get; init; }
}
