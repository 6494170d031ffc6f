using System.Text.Json;
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

    /// <summary>Milliseconds; 0 for none.</summary>
    public required int ClientTimeoutInMills { get; init; }

    // What TorchServe has and this server has not is told as TorchServe tells it when it is off.
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

    /// <summary>What the handler tells of itself, where that was asked for.</summary>
    public JsonElement? CustomizedMetadata { get; init; }

    /// <summary>Ours: where the version is in its life, LOADING to UNLOADED.</summary>
    public required string Status { get; init; }

    /// <summary>Ours: why it failed, when it did.</summary>
    public string? Reason { get; init; }

    /// <summary>Ours: which handler runs it; none where no handler can.</summary>
    public HandlerUse? Handler { get; init; }

    /// <summary>Ours: which optimization of the module is used, and what was found when they were tried.</summary>
    public OptimizationResult? Optimization { get; init; }

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
            ClientTimeoutInMills = (int)version.Options.ClientTimeout.TotalMilliseconds,
            MaxRetryTimeoutInSec = version.Options.MaxRetryTimeoutInSec,
            DeviceType = gpu ? "gpu" : "cpu",
            LoadedAtStartup = version.Config.LoadedAtStartup,
            Workers = [.. workers.Select(worker => Worker.Of(worker, version.RunsElsewhere))],
            JobQueueStatus = new QueueStatus(version.RemainingQueueCapacity, version.PendingRequests),
            Status = version.Status.State.ToString().ToUpperInvariant(),
            Reason = version.Status.Reason,
            Handler = version.Handler is { } choice ? new HandlerUse(choice.Handler, choice.Place.ToString(), choice.Reason) : null,
            Optimization = version.Optimization is { } report ? OptimizationResult.Of(report) : null,
        };
    }

    /// <summary>A handler.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Runs">Where: InProcess, Assembly or Python.</param>
    /// <param name="Reason">Why it is that one.</param>
    internal sealed record HandlerUse(string Name, string Runs, string Reason);

    /// <summary>A worker.</summary>
    /// <param name="Id">Its number.</param>
    /// <param name="StartTime">When it was started, in UTC.</param>
    /// <param name="Status">LOADING, READY, RETRYING, FAILED or STOPPED.</param>
    /// <param name="MemoryUsage">The resident bytes of the process; all in-process workers share one.</param>
    /// <param name="Pid">The process; -1 while it has none.</param>
    /// <param name="Gpu">Whether it runs on a GPU.</param>
    /// <param name="GpuUsage">Not measured yet: <c>N/A</c>.</param>
    /// <param name="Reason">Ours: why it failed, when it did.</param>
    internal sealed record Worker(string Id, string StartTime, string Status, long MemoryUsage, int Pid, bool Gpu, string GpuUsage, string? Reason)
    {
        /// <summary>Describes a worker as it is now.</summary>
        public static Worker Of(WorkerStatus worker, bool hasOwnProcess) => new(
            worker.Id.ToString(System.Globalization.CultureInfo.InvariantCulture),
            worker.StartTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
            worker.State.ToString().ToUpperInvariant(),
            worker.ProcessId is { } process ? ResidentBytes(process) : hasOwnProcess ? 0 : Environment.WorkingSet,
            // Who ends a worker by its number must never end the server.
            worker.ProcessId ?? (hasOwnProcess ? -1 : Environment.ProcessId),
            worker.Device.Type == TorchDeviceType.Cuda,
            "N/A",
            worker.Reason);

        private static long ResidentBytes(int process)
        {
            try
            {
                using System.Diagnostics.Process other = System.Diagnostics.Process.GetProcessById(process);
                return other.WorkingSet64;
            }
            catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
            {
                return 0;
            }
        }
    }

    /// <summary>What optimizing found.</summary>
    /// <param name="Choice">What is used: OptimizeForInference, Freeze, or None.</param>
    /// <param name="PlainMilliseconds">How long a run of the module as it was loaded took.</param>
    /// <param name="Reason">Why nothing was tried, if so.</param>
    /// <param name="Candidates">What was tried.</param>
    internal sealed record OptimizationResult(string Choice, double? PlainMilliseconds, string? Reason, IReadOnlyList<OptimizationResult.Candidate> Candidates)
    {
        /// <summary>Describes a report.</summary>
        public static OptimizationResult Of(OptimizationReport report) => new(
            report.Choice?.ToString() ?? "None",
            Milliseconds(report.PlainSeconds),
            report.NotTried,
            [.. report.Candidates.Select(each => new Candidate(each.Kind.ToString(), Milliseconds(each.MedianSeconds), each.LargestDifference, each.Refusal))]);

        private static double? Milliseconds(double? seconds) => seconds is { } known ? Math.Round(known * 1000, 3) : null;

        /// <summary>An optimization that was tried.</summary>
        /// <param name="Kind">Which.</param>
        /// <param name="Milliseconds">How long a run took.</param>
        /// <param name="Difference">By how much its answers differ.</param>
        /// <param name="Refusal">Why it is not used, if so.</param>
        internal sealed record Candidate(string Kind, double? Milliseconds, double? Difference, string? Refusal);
    }

    /// <summary>The queue.</summary>
    /// <param name="RemainingCapacity">How many more requests could wait.</param>
    /// <param name="PendingRequests">How many wait.</param>
    internal sealed record QueueStatus(int RemainingCapacity, int PendingRequests);
}
