namespace Eisen.Serve.Configuration;

/// <summary>Where TorchServe's metrics go.</summary>
internal enum MetricsMode
{
    /// <summary>To <c>ts_metrics.log</c> and <c>model_metrics.log</c>.</summary>
    Log,

    /// <summary>To the metrics listener.</summary>
    Prometheus,

    /// <summary>Those of the server to the metrics listener, those of models to the log.</summary>
    Legacy,
}
