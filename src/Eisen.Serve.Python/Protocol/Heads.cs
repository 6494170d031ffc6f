using System.Text.Json.Nodes;

namespace Eisen.Serve.Python;

/// <summary>The model that a worker is for.</summary>
internal sealed record LoadHead
{
    public required string ModelName { get; init; }

    public required string ModelVersion { get; init; }

    public required string ModelDir { get; init; }

    public required string Handler { get; init; }

    public required int BatchSize { get; init; }

    public int? GpuId { get; init; }

    public required bool LimitMaxImagePixels { get; init; }

    public string? Envelope { get; init; }

    public required bool PreferTorchserve { get; init; }

    /// <summary>Whether the process is one that workers are forked from.</summary>
    public bool? Template { get; init; }

    /// <summary>How many threads torch may use in a forked worker.</summary>
    public int? Threads { get; init; }

    /// <summary>The archive's configuration file.</summary>
    public JsonObject? ModelConfig { get; init; }

    /// <summary>The file that names metrics, in TorchServe's form.</summary>
    public string? MetricsConfig { get; init; }

    /// <summary>The largest answer, in bytes.</summary>
    public required long MaxResponseSize { get; init; }
}

/// <summary>A client that does not wait any more.</summary>
/// <param name="Index">The place of its request in the batch.</param>
internal sealed record GoneHead(int Index);

/// <summary>How large the shared memory is, or has to be, in bytes.</summary>
/// <param name="Shared">The size.</param>
internal sealed record RoomHead(long Shared);

/// <summary>The worker answers from now on.</summary>
internal sealed record ReadyHead
{
    public List<WorkerMetric>? Metrics { get; init; }

    /// <summary>Why a template cannot be forked; null when it can.</summary>
    public string? Unforkable { get; init; }
}

/// <summary>A template has made a worker.</summary>
/// <param name="Pid">The worker's process.</param>
internal sealed record ForkedHead(int Pid);

/// <summary>The worker could not load its model.</summary>
internal sealed record FailedHead
{
    public string? Message { get; init; }
}

/// <summary>The answers to a batch.</summary>
internal sealed record DoneHead
{
    public List<WorkerAnswer> Answers { get; init; } = [];

    public List<WorkerMetric>? Metrics { get; init; }
}
