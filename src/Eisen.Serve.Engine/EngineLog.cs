using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Engine;

/// <summary>The engine's log messages. An event id never changes its meaning.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(1001, LogLevel.Information, "Model {Model} {Version} is ready: {Workers} worker(s) on {Devices}, loaded in {Seconds:0.00} s.")]
    public static partial void Ready(ILogger logger, string model, string version, int workers, string devices, double seconds);

    [LoggerMessage(1002, LogLevel.Error, "Model {Model} {Version} cannot be loaded: {Reason}")]
    public static partial void LoadFailed(ILogger logger, Exception? failure, string model, string version, string reason);

    [LoggerMessage(1003, LogLevel.Information, "Model {Model} {Version} is unloaded.")]
    public static partial void Unloaded(ILogger logger, string model, string version);

    [LoggerMessage(1004, LogLevel.Error, "Model {Model} {Version} failed on request {RequestId}: {Reason}")]
    public static partial void PredictionFailed(ILogger logger, string model, string version, string requestId, string reason);

    [LoggerMessage(1005, LogLevel.Warning, "Model {Model} {Version} has {Workers} worker(s) that did not end within {Seconds:0} s; what they hold goes when they do.")]
    public static partial void WorkersLeftBehind(ILogger logger, string model, string version, int workers, double seconds);

    [LoggerMessage(1006, LogLevel.Error, "{Url} cannot be loaded: {Reason}")]
    public static partial void ArchiveRefused(ILogger logger, string url, string reason);

    [LoggerMessage(1007, LogLevel.Critical, "A worker of model {Model} {Version} has ended. This is a bug.")]
    public static partial void LaneFailed(ILogger logger, Exception failure, string model, string version);

    [LoggerMessage(1008, LogLevel.Information, "Model {Model} {Version} gets a worker more, {Workers} now: its oldest request has waited for {Seconds:0.0} s.")]
    public static partial void LaneAdded(ILogger logger, string model, string version, int workers, double seconds);

    [LoggerMessage(1009, LogLevel.Information, "Model {Model} {Version} gives up a worker that had nothing to do; {Workers} are left.")]
    public static partial void LaneRetired(ILogger logger, string model, string version, int workers);

    [LoggerMessage(1010, LogLevel.Error, "Model {Model} {Version} does not get the workers that it should have.")]
    public static partial void ScalingFailed(ILogger logger, Exception failure, string model, string version);

    [LoggerMessage(1011, LogLevel.Information, "Model {Model} {Version} is tried again in {Seconds:0} s.")]
    public static partial void WillRetry(ILogger logger, string model, string version, double seconds);

    [LoggerMessage(1013, LogLevel.Error, "A worker of model {Model} {Version} died: {Reason}")]
    public static partial void WorkerDied(ILogger logger, string model, string version, string reason);

    [LoggerMessage(1014, LogLevel.Information, "The worker of model {Model} {Version} is started again in {Seconds:0} s.")]
    public static partial void WorkerWillRestart(ILogger logger, string model, string version, double seconds);

    [LoggerMessage(1015, LogLevel.Information, "The worker of model {Model} {Version} works again.")]
    public static partial void WorkerRestarted(ILogger logger, string model, string version);

    [LoggerMessage(1016, LogLevel.Error, "A worker of model {Model} {Version} is not started again: it has failed for {Seconds:0} s (maxRetryTimeoutInSec).")]
    public static partial void WorkerGivenUp(ILogger logger, string model, string version, double seconds);

    [LoggerMessage(1012, LogLevel.Information, "Model {Model} {Version} on {Device}: {Report}.")]
    public static partial void Optimized(ILogger logger, string model, string version, string device, string report);

    [LoggerMessage(1017, LogLevel.Warning, "Model {Model} {Version} is not tried again: {Reason}")]
    public static partial void RetriesEnded(ILogger logger, Exception? failure, string model, string version, string reason);

    [LoggerMessage(1018, LogLevel.Information, "Model {Model} {Version} is not tried again: it was scaled, unregistered or registered again.")]
    public static partial void RetriesNotNeeded(ILogger logger, string model, string version);

    [LoggerMessage(1021, LogLevel.Warning, "Model {Model} {Version}: {Warning}")]
    public static partial void Doubtful(ILogger logger, string model, string version, string warning);

    [LoggerMessage(1022, LogLevel.Warning, "Model {Model} {Version} is not tried again: maxRetryTimeoutInSec, {Seconds} s, is over.")]
    public static partial void RetriesOver(ILogger logger, string model, string version, int seconds);
}
