using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Eisen.Serve.Metrics;

/// <summary>Puts together what a meter measures, so that the metrics listener can show it.</summary>
internal sealed class MeterView : IDisposable
{
    private readonly ConcurrentDictionary<Instrument, MetricFamily> families = new();
    private readonly MeterListener listener = new();

    /// <summary>Begins to listen to a meter.</summary>
    /// <param name="meterName">The meter's name.</param>
    public MeterView(string meterName)
    {
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name == meterName)
                listening.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.Start();
    }

    /// <summary>Everything that has been measured, gauges as they are now, ordered by name.</summary>
    /// <param name="isGone">Whether the labels of a value are of something that is not there any more; it is forgotten.</param>
    public IReadOnlyList<MetricFamily> Look(Predicate<string> isGone)
    {
        foreach (MetricFamily family in families.Values)
        {
            foreach (MetricCell cell in family.Cells)
            {
                // Gauges are told anew each time, for what is there.
                if (family.Kind == MetricKind.Gauge || isGone(cell.Labels))
                    family.Remove(cell);
            }
        }

        listener.RecordObservableInstruments();
        return [.. families.Values.OrderBy(family => family.Name, StringComparer.Ordinal)];
    }

    public void Dispose() => listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!families.TryGetValue(instrument, out MetricFamily? family))
            family = families.GetOrAdd(instrument, Family(instrument, tags));
        string[] values = new string[tags.Length];
        for (int i = 0; i < tags.Length; i++)
            values[i] = Convert.ToString(tags[i].Value, CultureInfo.InvariantCulture) ?? "";
        if (family.Cell(values) is { } cell)
            MetricFamily.Record(family.Kind, cell, value);
    }

    // Prometheus' names for OpenTelemetry's: dots become underscores, and the unit comes last.
    private static MetricFamily Family(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        string[] labels = new string[tags.Length];
        for (int i = 0; i < tags.Length; i++)
            labels[i] = tags[i].Key;
        double[]? bounds = instrument switch
        {
            Histogram<double> { Advice.HistogramBucketBoundaries: { } given } => [.. given],
            Histogram<int> { Advice.HistogramBucketBoundaries: { } given } => [.. given.Select(bound => (double)bound)],
            _ => null,
        };
        MetricKind kind = bounds is null ? MetricKind.Gauge : MetricKind.Histogram;
        return new MetricFamily(instrument.Name.Replace('.', '_') + unit, kind, instrument.Description ?? "", labels, bounds);
    }
}
