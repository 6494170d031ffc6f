namespace Eisen.Serve.Engine;

/// <summary>What holds for a model where neither its registration nor its archive says anything.</summary>
public sealed record ModelDefaults
{
    /// <summary>How many workers a model gets.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>How many requests may wait for a model's workers.</summary>
    public int JobQueueSize { get; init; } = 100;

    /// <summary>How long a request may take, waiting included.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long a worker may take to load and warm up.</summary>
    public TimeSpan StartupTimeout { get; init; } = TimeSpan.FromSeconds(120);
}
