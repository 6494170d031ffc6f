using System.Globalization;
using System.Net;
using System.Text;

namespace Eisen.Serve.Benchmarks.Results;

/// <summary>
/// A run's ratios as bars: the line at 1 is the limit, the dark mark the target, the thin line the range of the windows.
/// </summary>
internal static class SvgChart
{
    private const int RowHeight = 22;
    private const int LabelWidth = 430;
    private const int BarWidth = 420;
    private const int ValueWidth = 150;
    private const int Top = 50;
    private const double Largest = 3; // ratios beyond are cut

    public static string Write(Report report)
    {
        Figure[] figures = [.. report.Figures.Where(figure => figure.Ratio is not null)];
        int height = Top + figures.Length * RowHeight + 20;
        int width = LabelWidth + BarWidth + ValueWidth;
        StringBuilder svg = new();
        Add(svg, $"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}' font-family='sans-serif' font-size='12'>");
        Add(svg, $"<rect width='{width}' height='{height}' fill='#ffffff'/>");
        Add(svg, $"<text x='10' y='20' font-size='14'>Eisen.Serve against the bare limit of the same run{(report.Quick ? " (quick: means little)" : "")}</text>");
        Add(svg, $"<text x='10' y='38' fill='#666666'>{Escaped($"{report.Machine.Processor}, {report.Machine.PhysicalCores} cores, {report.Started:yyyy-MM-dd}")}</text>");
        for (int i = 0; i < figures.Length; i++)
            AddRow(svg, figures[i], Top + i * RowHeight);
        Add(svg, $"<line x1='{X(1):0.0}' x2='{X(1):0.0}' y1='{Top - 4}' y2='{height - 16}' stroke='#333333' stroke-dasharray='4 3'/>");
        Add(svg, $"<text x='{X(1):0.0}' y='{height - 4}' text-anchor='middle' fill='#666666'>1</text>");
        Add(svg, $"</svg>");
        return svg.ToString();
    }

    private static void AddRow(StringBuilder svg, Figure figure, int y)
    {
        Series ratio = figure.Ratio!;
        string colour = figure.Verdict switch
        {
            Verdict.Pass => "#4c9f70",
            Verdict.Unclear => "#d9a441",
            Verdict.Fail => "#c8553d",
            _ => "#8d99ae",
        };
        double middle = y + RowHeight / 2.0;
        Add(svg, $"<text x='{LabelWidth - 8}' y='{middle + 4:0.0}' text-anchor='end'>{Escaped($"{figure.Scenario}: {figure.Name}")}</text>");
        Add(svg, $"<rect x='{LabelWidth}' y='{y + 4}' width='{X(ratio.Median) - LabelWidth:0.0}' height='{RowHeight - 8}' fill='{colour}'/>");
        Add(svg, $"<line x1='{X(ratio.Least):0.0}' x2='{X(ratio.Greatest):0.0}' y1='{middle:0.0}' y2='{middle:0.0}' stroke='#000000' stroke-opacity='0.5'/>");
        if (figure.Target is { Kind: Target.Comparison.RatioAtLeast or Target.Comparison.RatioAtMost } target)
            Add(svg, $"<rect x='{X(target.Value) - 1:0.0}' y='{y + 2}' width='2' height='{RowHeight - 4}' fill='#222222'/>");
        Add(svg, $"<text x='{LabelWidth + BarWidth + 8}' y='{middle + 4:0.0}'>{Escaped($"{Numbers.Text(ratio.Median)} {Numbers.Text(figure.Verdict)}")}</text>");
    }

    private static double X(double ratio) => LabelWidth + Math.Clamp(double.IsNaN(ratio) ? 0 : ratio, 0, Largest) / Largest * BarWidth;

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);

    private static void Add(StringBuilder svg, FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
