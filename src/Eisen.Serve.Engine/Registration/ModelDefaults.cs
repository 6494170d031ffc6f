using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine;

/// <summary>What holds for a model where neither its registration nor its archive says anything.</summary>
public sealed record ModelDefaults
{
    /// <summary>How many workers a model gets; null for one when it is loaded at the start, and none otherwise.</summary>
    public int? Workers { get; init; }

    /// <summary>The handler of archives that name none, where their registration does not, either; null to take what fits.</summary>
    public string? Handler { get; init; }

    /// <summary>What the server's configuration says of models by name and version; an archive's own file wins.</summary>
    public IReadOnlyDictionary<(string Name, string Version), ModelParameters> Parameters { get; init; } =
        new Dictionary<(string, string), ModelParameters>();

    /// <summary>How many requests may wait for a model's workers.</summary>
    public int JobQueueSize { get; init; } = 100;

    /// <summary>How long a request may take, waiting included.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long a worker may take to load and warm up.</summary>
    public TimeSpan StartupTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long to go on trying to load a model after it failed, in seconds; TorchServe's own number.</summary>
    public int MaxRetryTimeoutInSec { get; init; } = 300;

    /// <summary>How many GPUs may be used; null for all.</summary>
    public int? GpuLimit { get; init; }

    /// <summary>How many threads one operator may use; null to share the physical cores among all lanes.</summary>
    public int? IntraOpThreads { get; init; }

    /// <summary>Whether modules are optimized when that makes them faster.</summary>
    public bool Optimize { get; init; } = true;

    /// <summary>What requests to built-in handlers, and their answers, are wrapped in.</summary>
    public EnvelopeKind Envelope { get; init; }
}
