using System.Net;
using Eisen.Serve.Python;

namespace Eisen.Serve.Configuration;

/// <summary>What the server was told, from all sources; it never changes.</summary>
internal sealed record ServerSettings
{
    private readonly TimeSpan? gracefulShutdownTimeout;

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

    /// <summary>How many bytes of requests may be under way at once, at least <see cref="MaxRequestSize"/>; null for a
    /// quarter of the memory that the process may use.</summary>
    public long? MaxInflightBytes { get; init; }

    /// <summary>How many GPUs may be used, the first ones; null for all.</summary>
    public int? NumberOfGpu { get; init; }

    /// <summary>How many threads an operator of a module may use; null to divide the physical cores by the lanes.</summary>
    public int? IntraOpThreads { get; init; }

    /// <summary>Whether modules are optimized for inference when they are loaded.</summary>
    public bool OptimizeModels { get; init; } = true;

    /// <summary>How long requests under way may take at the end; as long as any prediction unless set.</summary>
    public TimeSpan GracefulShutdownTimeout
    {
        get => gracefulShutdownTimeout ?? DefaultResponseTimeout;
        init => gracefulShutdownTimeout = value;
    }

    /// <summary>How Python handlers are run.</summary>
    public PythonSettings Python { get; init; } = new() { UnpackFolder = "" };

    /// <summary>Whether one model that cannot be loaded keeps the server from serving.</summary>
    public bool Strict { get; init; }

    /// <summary>Where logs are written, as a full path.</summary>
    public required string LogFolder { get; init; }

    /// <summary>What the log should warn of once: keys that are not known, addresses that others can reach.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
