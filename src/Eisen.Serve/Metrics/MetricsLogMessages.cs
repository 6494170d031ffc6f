namespace Eisen.Serve.Metrics;

/// <summary>What metrics say to the log.</summary>
internal static partial class MetricsLogMessages
{
    [LoggerMessage(1501, LogLevel.Information, "{Line}")]
    public static partial void Line(ILogger logger, string line);

    [LoggerMessage(1502, LogLevel.Warning, "The machine cannot be measured.")]
    public static partial void CannotMeasure(ILogger logger, Exception failure);
}
