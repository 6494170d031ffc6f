namespace Eisen.Serve.Engine;

/// <summary>
/// A model as somebody asked for it: the command line, a configuration file, or a call. It never changes. What it leaves
/// open, the archive's model-config.yaml decides, and after that <see cref="ModelDefaults"/>.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The archive as it was named: a file or folder in the model store.</summary>
    public required string Url { get; init; }

    /// <summary>The full path of the archive.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>Whether the archive was fetched, and goes when it has been opened: a model that failed cannot be loaded from it
    /// again.</summary>
    public bool IsFetched { get; init; }

    /// <summary>The name to register it by; null for the manifest's own.</summary>
    public string? Name { get; init; }

    /// <summary>The handler to use instead of the manifest's own; null for that.</summary>
    public string? Handler { get; init; }

    /// <summary>How many workers to start, and the most unless <see cref="MaxWorkers"/> says more; null to leave it open.</summary>
    public int? Workers { get; init; }

    /// <summary>The most workers; null for as many as <see cref="Workers"/>.</summary>
    public int? MaxWorkers { get; init; }

    /// <summary>The most requests of a batch; null to leave it open.</summary>
    public int? BatchSize { get; init; }

    /// <summary>How long the oldest request may wait for a batch, in milliseconds; null to leave it open.</summary>
    public int? MaxBatchDelay { get; init; }

    /// <summary>How long a request may take, in seconds; null to leave it open.</summary>
    public int? ResponseTimeout { get; init; }

    /// <summary>How long a worker may take to load, in seconds; null to leave it open.</summary>
    public int? StartupTimeout { get; init; }

    /// <summary>Whether it was asked for at the server's start. Such a model gets a worker where nothing else is said, and
    /// is tried again when it fails; one that is registered later waits for somebody to scale it.</summary>
    public bool LoadedAtStartup { get; init; }
}
