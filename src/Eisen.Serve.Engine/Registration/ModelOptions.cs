using Eisen.Serve.Archive;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine;

/// <summary>How a loaded version runs: every question of its <see cref="ModelConfig"/> answered.</summary>
public sealed record ModelOptions
{
    // Archives write very long timeouts for none at all; a timer takes at most 49 days.
    private const int LongestSeconds = 1_000_000;

    // What TorchServe tells, in milliseconds, of a model that makes no batches: nothing waits then.
    private const int DelayWithoutBatches = 100;

    /// <summary>The fewest workers.</summary>
    public required int MinWorkers { get; init; }

    /// <summary>The most workers.</summary>
    public required int MaxWorkers { get; init; }

    /// <summary>The most requests that a worker takes at once.</summary>
    public required int BatchSize { get; init; }

    /// <summary>How long the oldest request may wait from its arrival, for others to join its batch.</summary>
    public required TimeSpan MaxBatchDelay { get; init; }

    /// <summary>How long a request may take, waiting included.</summary>
    public required TimeSpan ResponseTimeout { get; init; }

    /// <summary>How long a client waits, from its request's arrival; zero for as long as it takes.</summary>
    public TimeSpan ClientTimeout { get; init; }

    /// <summary>How long a worker may take to load and warm up.</summary>
    public required TimeSpan StartupTimeout { get; init; }

    /// <summary>How many requests may wait.</summary>
    public required int JobQueueSize { get; init; }

    /// <summary>How long to go on trying to load it after it failed, in seconds; 0 not to try again.</summary>
    public int MaxRetryTimeoutInSec { get; init; }

    /// <summary>How many threads one operator may use; null to share the physical cores among all lanes.</summary>
    public int? IntraOpThreads { get; init; }

    /// <summary><c>cpu</c> or <c>gpu</c>; null to take a GPU where there is one.</summary>
    public string? DeviceType { get; init; }

    /// <summary>Which GPUs to use; empty for all of them.</summary>
    public IReadOnlyList<int> DeviceIds { get; init; } = [];

    /// <summary>Whether the module is optimized when that makes it faster and leaves its answers as they are.</summary>
    public bool Optimize { get; init; }

    /// <summary>What requests to a built-in handler, and its answers, are wrapped in.</summary>
    public EnvelopeKind Envelope { get; init; }

    /// <summary>Answers every question: first the registration, then the archive, then the server's configuration,
    /// then the defaults.</summary>
    /// <param name="asked">The registration.</param>
    /// <param name="archive">The archive's own configuration; null when it has none.</param>
    /// <param name="defaults">What holds otherwise.</param>
    /// <param name="startupWorkers">How many workers the archive gets at the start where nobody says.</param>
    /// <param name="configured">What the server's configuration says of this version; null for nothing.</param>
    public static ModelOptions Resolve(ModelConfig asked, ModelConfigFile? archive, ModelDefaults defaults, int startupWorkers = 1, ModelParameters? configured = null)
    {
        int minWorkers = asked.Workers ?? archive?.MinWorkers ?? archive?.MaxWorkers ?? configured?.MinWorkers ?? configured?.MaxWorkers ?? defaults.Workers ?? (asked.LoadedAtStartup ? startupWorkers : 0);
        int batchSize = asked.BatchSize ?? archive?.BatchSize ?? configured?.BatchSize ?? 1;
        return new ModelOptions
        {
            MinWorkers = minWorkers,
            MaxWorkers = Math.Max(minWorkers, asked.MaxWorkers ?? asked.Workers ?? archive?.MaxWorkers ?? archive?.MinWorkers ?? configured?.MaxWorkers ?? minWorkers),
            BatchSize = batchSize,
            MaxBatchDelay = TimeSpan.FromMilliseconds(asked.MaxBatchDelay ?? archive?.MaxBatchDelay ?? configured?.MaxBatchDelay ?? (batchSize == 1 ? DelayWithoutBatches : 0)),
            ResponseTimeout = (asked.ResponseTimeout ?? archive?.ResponseTimeout ?? configured?.ResponseTimeout) is int response ? Seconds(response) : defaults.ResponseTimeout,
            StartupTimeout = (asked.StartupTimeout ?? archive?.StartupTimeout ?? configured?.StartupTimeout) is int startup ? Seconds(startup) : defaults.StartupTimeout,
            ClientTimeout = TimeSpan.FromMilliseconds(archive?.ClientTimeoutInMills ?? 0),
            JobQueueSize = archive?.JobQueueSize ?? defaults.JobQueueSize,
            MaxRetryTimeoutInSec = archive?.MaxRetryTimeoutInSec ?? defaults.MaxRetryTimeoutInSec,
            IntraOpThreads = archive?.IntraOpThreads,
            Optimize = defaults.Optimize,
            Envelope = defaults.Envelope,
            DeviceType = archive?.DeviceType,
            DeviceIds = archive?.DeviceIds ?? [],
        };
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(Math.Min(seconds, LongestSeconds));
}
