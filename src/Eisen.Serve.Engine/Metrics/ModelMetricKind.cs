namespace Eisen.Serve.Engine;

/// <summary>How the values of a metric are put together.</summary>
public enum ModelMetricKind
{
    /// <summary>They are added up.</summary>
    Counter,

    /// <summary>The last one holds.</summary>
    Gauge,

    /// <summary>They are counted by size.</summary>
    Histogram,
}
