using Eisen.Serve.Handlers;

namespace Eisen.Serve.Metrics;

/// <summary>Writes what handlers measure into the log, as TorchServe writes it.</summary>
internal sealed partial class LoggedHandlerMetrics(TimeProvider time, ILoggerFactory loggers) : IHandlerMetrics
{
    private readonly ILogger logger = loggers.CreateLogger("MODEL_METRICS");

    /// <inheritdoc/>
    public void Report(string modelName, HandlerMetric metric)
    {
        if (!logger.IsEnabled(LogLevel.Information))
            return;
        string dimensions = string.Join(',', metric.Dimensions.Select(each => $"{each.Key}:{each.Value}"));
        Measured(logger, metric.Name, metric.Unit, metric.Value, dimensions, metric.Type.ToUpperInvariant(), Environment.MachineName, time.GetUtcNow().ToUnixTimeSeconds(), metric.RequestId);
    }

    [LoggerMessage(7001, LogLevel.Information, "{Name}.{Unit}:{Value}|#{Dimensions}|#type:{Type}|#hostname:{Host},{Timestamp},{RequestId}")]
    private static partial void Measured(ILogger logger, string name, string unit, double value, string dimensions, string type, string host, long timestamp, string? requestId);
}
