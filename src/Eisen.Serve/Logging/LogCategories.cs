namespace Eisen.Serve.Logging;

/// <summary>The logger names that have a file of their own, as TorchServe calls them. All others go to <c>ts_log.log</c>.</summary>
internal static class LogCategories
{
    /// <summary>A line a request: <c>access_log.log</c>.</summary>
    public const string Access = "ACCESS_LOG";

    /// <summary>What models' workers print: <c>model_log.log</c>.</summary>
    public const string Model = "MODEL_LOG";

    /// <summary>What models measure: <c>model_metrics.log</c>.</summary>
    public const string ModelMetrics = "MODEL_METRICS";

    /// <summary>What the server measures: <c>ts_metrics.log</c>.</summary>
    public const string ServerMetrics = "TS_METRICS";
}
