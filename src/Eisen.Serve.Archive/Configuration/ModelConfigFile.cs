using System.Text.Json.Nodes;

namespace Eisen.Serve.Archive;

/// <summary>
/// What an archive's YAML configuration (<c>model-config.yaml</c>) says. A property that the file does not set
/// is null: what holds then is for the server to say.
/// </summary>
public sealed record ModelConfigFile
{
    /// <summary>The most workers that a version may be given, whoever asks.</summary>
    public const int MostWorkers = 1024;

    /// <summary>The fewest workers (<c>minWorkers</c>), 0 or more.</summary>
    public int? MinWorkers { get; init; }

    /// <summary>The most workers (<c>maxWorkers</c>), not fewer than <see cref="MinWorkers"/>.</summary>
    public int? MaxWorkers { get; init; }

    /// <summary>The most requests that are run together (<c>batchSize</c>), 1 or more.</summary>
    public int? BatchSize { get; init; }

    /// <summary>How long a batch may wait to fill up (<c>maxBatchDelay</c>), in milliseconds, 0 or more.</summary>
    public int? MaxBatchDelay { get; init; }

    /// <summary>How long a worker may take to answer (<c>responseTimeout</c>), in seconds, 1 or more.</summary>
    public int? ResponseTimeout { get; init; }

    /// <summary>How long a worker may take to start (<c>startupTimeout</c>), in seconds, 1 or more.</summary>
    public int? StartupTimeout { get; init; }

    /// <summary>The most requests that wait for the model (<c>jobQueueSize</c>), 1 or more.</summary>
    public int? JobQueueSize { get; init; }

    /// <summary>The kind of device that the model wants (<c>deviceType</c>), for example <c>cpu</c> or <c>gpu</c>.</summary>
    public string? DeviceType { get; init; }

    /// <summary>The devices that the model may use (<c>deviceIds</c>), each 0 or more.</summary>
    public IReadOnlyList<int>? DeviceIds { get; init; }

    /// <summary>How long a failing worker is started again (<c>maxRetryTimeoutInSec</c>), in seconds, 0 or more.</summary>
    public int? MaxRetryTimeoutInSec { get; init; }

    /// <summary>How long a client waits (<c>clientTimeoutInMills</c>), in milliseconds; 0 for as long as it takes.</summary>
    public int? ClientTimeoutInMills { get; init; }

    /// <summary>How many threads one operator may use. Ours: TorchServe has no such key.</summary>
    public int? IntraOpThreads { get; init; }

    /// <summary>
    /// What the file has for the handler (<c>handler</c>); empty if it has nothing. It is part of
    /// <see cref="All"/> where the file sets it. Both are shared: read them, never change them.
    /// </summary>
    public JsonObject Handler { get; init; } = [];

    /// <summary>The whole file, also what no property here stands for.</summary>
    public JsonObject All { get; init; } = [];

    /// <summary>Settings that are probably misspelled, each in one line with the file's name and what was meant. Others that are
    /// not known are the handler's own.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
