namespace Eisen.Serve.Metrics;

/// <summary>How the values of a metric are put together.</summary>
internal enum MetricKind
{
    /// <summary>They are added up.</summary>
    Counter,

    /// <summary>The last one holds.</summary>
    Gauge,

    /// <summary>They are counted by size.</summary>
    Histogram,
}
