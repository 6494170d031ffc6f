using System.Globalization;
using System.Text;

namespace Eisen.Serve.Metrics;

/// <summary>Writes metrics in Prometheus' text format, version 0.0.4, the way that TorchServe does.</summary>
internal static class PrometheusText
{
    /// <summary>The format's media type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes a metric with all of its values.</summary>
    public static void Write(StringBuilder text, MetricFamily family)
    {
        text.Append("# HELP ").Append(family.Name).Append(' ').Append(family.Help).Append('\n');
        text.Append("# TYPE ").Append(family.Name).Append(' ').Append(family.Kind.ToString().ToLowerInvariant()).Append('\n');
        foreach (MetricCell cell in family.Cells)
        {
            if (!cell.IsSet)
                continue;
            if (cell.Bounds is null)
                Line(text, family.Name, cell.Labels, cell.Value);
            else
                WriteHistogram(text, family.Name, cell);
        }
    }

    /// <summary>Labels as they stand between the braces; TorchServe ends each with a comma.</summary>
    public static string Labels(IReadOnlyList<string> names, ReadOnlySpan<string> values)
    {
        StringBuilder text = new();
        for (int i = 0; i < names.Count; i++)
            Label(text, names[i], values[i]);
        return text.ToString();
    }

    /// <summary>A number that reads back as itself; whole ones with <c>.0</c>, as Java writes them.</summary>
    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ when double.IsNaN(value) => "NaN",
        _ when double.IsInteger(value) && Math.Abs(value) < 1e15 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static void WriteHistogram(StringBuilder text, string name, MetricCell cell)
    {
        IReadOnlyList<long> counts = cell.Counts;
        long below = 0;
        for (int i = 0; i < counts.Count; i++)
        {
            below += counts[i];
            StringBuilder labels = new(cell.Labels);
            Label(labels, "le", i < cell.Bounds!.Length ? Number(cell.Bounds[i]) : "+Inf");
            Line(text, $"{name}_bucket", labels.ToString(), below);
        }

        Line(text, $"{name}_count", cell.Labels, below);
        Line(text, $"{name}_sum", cell.Labels, cell.Value);
    }

    private static void Label(StringBuilder text, string name, string value)
    {
        text.Append(name).Append("=\"");
        foreach (char letter in value)
        {
            _ = letter switch
            {
                '\\' => text.Append(@"\\"),
                '"' => text.Append("\\\""),
                '\n' => text.Append("\\n"),
                _ => text.Append(letter),
            };
        }

        text.Append("\",");
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }
}
