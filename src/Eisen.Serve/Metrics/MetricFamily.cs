using System.Collections.Concurrent;

namespace Eisen.Serve.Metrics;

/// <summary>A metric: its name, what its values mean, and one value for each set of labels.</summary>
/// <param name="name">The name, as Prometheus takes it.</param>
/// <param name="kind">How values are put together.</param>
/// <param name="help">A line that says what it is.</param>
/// <param name="labels">The names of the labels in order.</param>
/// <param name="bounds">A histogram's upper bounds; the usual ones when null.</param>
internal sealed class MetricFamily(string name, MetricKind kind, string help, IReadOnlyList<string> labels, double[]? bounds = null)
{
    // Names and values that handlers make up: beyond it they are not told apart any more, but dropped.
    private const int MostCells = 10_000;

    // What Prometheus' own libraries take: from 5 ms to 10 s.
    private static readonly double[] UsualBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private readonly ConcurrentDictionary<string, MetricCell> cells = new(StringComparer.Ordinal);

    public string Name => name;

    public MetricKind Kind => kind;

    public string Help => help;

    /// <summary>The unit that TorchServe's log names; empty when the name says it.</summary>
    public string Unit { get; init; } = "";

    public IReadOnlyList<string> Labels => labels;

    /// <summary>The values.</summary>
    public IReadOnlyCollection<MetricCell> Cells => (IReadOnlyCollection<MetricCell>)cells.Values;

    /// <summary>The value for labels; it is made when there is none yet.</summary>
    /// <param name="values">As many as there are labels.</param>
    /// <returns>Null when there are too many already.</returns>
    public MetricCell? Cell(params ReadOnlySpan<string> values)
    {
        string text = PrometheusText.Labels(labels, values);
        if (cells.TryGetValue(text, out MetricCell? cell))
            return cell;
        return cells.Count >= MostCells ? null : cells.GetOrAdd(text, new MetricCell(values.ToArray(), text, kind == MetricKind.Histogram ? bounds ?? UsualBounds : null));
    }

    /// <summary>Forgets a value.</summary>
    public void Remove(MetricCell cell) => cells.TryRemove(new KeyValuePair<string, MetricCell>(cell.Labels, cell));

    /// <summary>Takes a value as the metric's kind says.</summary>
    public static void Record(MetricKind kind, MetricCell cell, double value)
    {
        switch (kind)
        {
            case MetricKind.Counter:
                cell.Add(value);
                break;
            case MetricKind.Gauge:
                cell.Set(value);
                break;
            default:
                cell.Observe(value);
                break;
        }
    }
}
