namespace Eisen.Serve.Telemetry;

/// <summary>Telemetry's log messages. An event id never changes its meaning.</summary>
internal static partial class TelemetryLog
{
    [LoggerMessage(7001, LogLevel.Information, "{Signals} go to {Collector}.")]
    public static partial void Sending(ILogger logger, string signals, string collector);

    [LoggerMessage(7002, LogLevel.Warning, "Traces or metrics may be lost: {Reason}. It is not said again for {Minutes} minutes.")]
    public static partial void Lost(ILogger logger, string reason, double minutes);

    [LoggerMessage(7003, LogLevel.Warning, "What was left of traces and metrics did not reach {Collector} within {Seconds} s.")]
    public static partial void NotFlushed(ILogger logger, string collector, double seconds);
}
