using System.Globalization;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Takes what a handler measures, by the names of TorchServe's metrics API. Which metrics are kept, <c>metrics_config</c> and
/// <c>model_metrics_auto_detect</c> say. May be called from any thread; it neither waits nor throws for what the server does with it.
/// </summary>
/// <param name="modelName">The model that is measured.</param>
/// <param name="report">Gets each value.</param>
public sealed class HandlerMetrics(string modelName, Action<HandlerMetric> report)
{
    private readonly Dictionary<string, string> dimensions = new(StringComparer.Ordinal) { ["ModelName"] = modelName, ["Level"] = "Model" };

    /// <summary>Takes nothing.</summary>
    public static HandlerMetrics None { get; } = new("", _ => { });

    /// <summary>Counts something, such as the slices of a volume.</summary>
    /// <param name="name">What, for example <c>SliceCount</c>.</param>
    /// <param name="count">How many more there are.</param>
    /// <param name="request">The request that they belong to; null for none.</param>
    public void AddCounter(string name, double count = 1, HandlerRequest? request = null) => Add(name, "count", "counter", count, request);

    /// <summary>Tells how long something took.</summary>
    /// <param name="name">What, for example <c>ResampleTime</c>.</param>
    /// <param name="duration">How long, told in milliseconds.</param>
    /// <param name="request">The request that it was done for; null for none.</param>
    public void AddTime(string name, TimeSpan duration, HandlerRequest? request = null) => Add(name, "ms", "gauge", duration.TotalMilliseconds, request);

    /// <summary>Tells how large something is now.</summary>
    /// <param name="name">What, for example <c>TumourVolume</c>.</param>
    /// <param name="value">How large.</param>
    /// <param name="unit">Its unit, for example <c>MB</c> or <c>percent</c>.</param>
    /// <param name="request">The request that it was measured for; null for none.</param>
    public void AddGauge(string name, double value, string unit, HandlerRequest? request = null) => Add(name, unit, "gauge", value, request);

    private void Add(string name, string unit, string type, double value, HandlerRequest? request)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(unit);
        if (!double.IsFinite(value))
            throw new ArgumentOutOfRangeException(nameof(value), value.ToString(CultureInfo.InvariantCulture), "A metric's value is a finite number.");
        report(new HandlerMetric(name, unit, type, value, dimensions, request?.Id));
    }
}
