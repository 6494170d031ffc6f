using System.Net;

namespace Eisen.Serve.Configuration;

/// <summary>What the server was told, from all sources; it never changes.</summary>
internal sealed record ServerSettings
{
    /// <summary>Where predictions are asked for.</summary>
    public ListenAddress InferenceAddress { get; init; } = new(IPAddress.Loopback, 8080);

    /// <summary>Where models are managed.</summary>
    public ListenAddress ManagementAddress { get; init; } = new(IPAddress.Loopback, 8081);

    /// <summary>The folder with the archives, as a full path; null when there is none.</summary>
    public string? ModelStore { get; init; }

    /// <summary>The models to load at the start, as they were named.</summary>
    public IReadOnlyList<string> LoadModels { get; init; } = [];

    /// <summary>How many workers a model gets that does not say.</summary>
    public int DefaultWorkersPerModel { get; init; } = 1;

    /// <summary>How many requests may wait for a model.</summary>
    public int JobQueueSize { get; init; } = 100;

    /// <summary>How long a prediction may take, waiting included.</summary>
    public TimeSpan DefaultResponseTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The largest request body, in bytes.</summary>
    public long MaxRequestSize { get; init; } = 6_553_500;

    /// <summary>The most bytes that all requests under way may take together.</summary>
    public long MaxInflightBytes { get; init; } = Engine.InflightBytes.DefaultLimit;

    /// <summary>How many GPUs may be used; null for all.</summary>
    public int? NumberOfGpu { get; init; }

    /// <summary>How many threads one operator may use; null to share the physical cores among the workers.</summary>
    public int? IntraOpThreads { get; init; }

    /// <summary>Whether modules are frozen and optimised when that makes them faster.</summary>
    public bool OptimizeModels { get; init; } = true;

    /// <summary>How long requests under way may take when the server stops.</summary>
    public TimeSpan GracefulShutdownTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Whether one model that cannot be loaded keeps the server from serving.</summary>
    public bool Strict { get; init; }

    /// <summary>Where logs are written, as a full path.</summary>
    public required string LogFolder { get; init; }

    /// <summary>What the log should warn of once: keys that are not known, addresses that others can reach.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
