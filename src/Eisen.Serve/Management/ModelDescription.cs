using Eisen.Serve.Engine;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Management;

/// <summary>A version as <c>GET /models/{model}</c> tells of it: TorchServe's fields in TorchServe's order, then ours.</summary>
internal sealed record ModelDescription
{
    public required string ModelName { get; init; }

    public required string ModelVersion { get; init; }

    public required string ModelUrl { get; init; }

    public required string Runtime { get; init; }

    public required int MinWorkers { get; init; }

    public required int MaxWorkers { get; init; }

    public required int BatchSize { get; init; }

    /// <summary>Milliseconds.</summary>
    public required int MaxBatchDelay { get; init; }

    /// <summary>Seconds.</summary>
    public required int ResponseTimeout { get; init; }

    /// <summary>Seconds.</summary>
    public required int StartupTimeout { get; init; }

    /// <summary>Seconds.</summary>
    public required int MaxRetryTimeoutInSec { get; init; }

    // What TorchServe has and this server has not is told as TorchServe tells it when it is off.
    public int ClientTimeoutInMills { get; init; }

    public string ParallelType { get; init; } = "";

    public int ParallelLevel { get; init; }

    public required string DeviceType { get; init; }

    public bool ContinuousBatching { get; init; }

    public bool UseJobTicket { get; init; }

    public bool UseVenv { get; init; }

    public bool Stateful { get; init; }

    public int SequenceMaxIdleMSec { get; init; }

    public int SequenceTimeoutMSec { get; init; }

    public int MaxNumSequence { get; init; }

    public int MaxSequenceJobQueueSize { get; init; }

    public required bool LoadedAtStartup { get; init; }

    public required IReadOnlyList<Worker> Workers { get; init; }

    public required QueueStatus JobQueueStatus { get; init; }

    /// <summary>Ours: where the version is in its life, LOADING to UNLOADED.</summary>
    public required string Status { get; init; }

    /// <summary>Ours: why it failed, when it did.</summary>
    public string? Reason { get; init; }

    /// <summary>Describes a version as it is now.</summary>
    public static ModelDescription Of(ModelVersion version)
    {
        IReadOnlyList<WorkerStatus> workers = version.Workers;
        bool gpu = workers.Any(worker => worker.Device.Type == TorchDeviceType.Cuda);
        return new ModelDescription
        {
            ModelName = version.Name,
            ModelVersion = version.Version,
            ModelUrl = version.Config.Url,
            Runtime = version.Runtime,
            MinWorkers = version.WorkerRange.Min,
            MaxWorkers = version.WorkerRange.Max,
            BatchSize = version.Options.BatchSize,
            MaxBatchDelay = (int)version.Options.MaxBatchDelay.TotalMilliseconds,
            ResponseTimeout = (int)version.Options.ResponseTimeout.TotalSeconds,
            StartupTimeout = (int)version.Options.StartupTimeout.TotalSeconds,
            MaxRetryTimeoutInSec = version.Options.MaxRetryTimeoutInSec,
            DeviceType = gpu ? "gpu" : "cpu",
            LoadedAtStartup = version.Config.LoadedAtStartup,
            Workers = [.. workers.Select(Worker.Of)],
            JobQueueStatus = new QueueStatus(version.RemainingQueueCapacity, version.PendingRequests),
            Status = version.Status.State.ToString().ToUpperInvariant(),
            Reason = version.Status.Reason,
        };
    }

    /// <summary>A worker.</summary>
    /// <param name="Id">Its number.</param>
    /// <param name="StartTime">When it was started, in UTC.</param>
    /// <param name="Status">LOADING, READY, FAILED or STOPPED.</param>
    /// <param name="MemoryUsage">The resident bytes of the process, which all in-process workers share.</param>
    /// <param name="Pid">The process.</param>
    /// <param name="Gpu">Whether it runs on a GPU.</param>
    /// <param name="GpuUsage">Not measured yet: <c>N/A</c>.</param>
    internal sealed record Worker(string Id, string StartTime, string Status, long MemoryUsage, int Pid, bool Gpu, string GpuUsage)
    {
        /// <summary>Describes a worker as it is now.</summary>
        public static Worker Of(WorkerStatus worker) => new(
            worker.Id.ToString(System.Globalization.CultureInfo.InvariantCulture),
            worker.StartTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
            worker.State.ToString().ToUpperInvariant(),
            Environment.WorkingSet,
            Environment.ProcessId,
            worker.Device.Type == TorchDeviceType.Cuda,
            "N/A");
    }

    /// <summary>The queue.</summary>
    /// <param name="RemainingCapacity">How many more requests could wait.</param>
    /// <param name="PendingRequests">How many wait.</param>
    internal sealed record QueueStatus(int RemainingCapacity, int PendingRequests);
}
