using System.Globalization;
using System.Text;

namespace Eisen.Serve.Benchmarks.Results;

/// <summary>A run's results as a table.</summary>
internal static class MarkdownTable
{
    // Above this, windows of both sides scatter by more than the targets leave room for.
    private const double NoticeableShare = 0.03;

    public static string Write(Report report)
    {
        StringBuilder text = new();
        string quick = report.Quick ? ", **quick: these numbers mean little**" : "";
        text.AppendLine(CultureInfo.InvariantCulture, $"{report.Started:yyyy-MM-dd HH:mm}, {report.Seconds:0} s{quick}.");
        text.AppendLine(CultureInfo.InvariantCulture, $"{report.Machine.Processor}, {report.Machine.PhysicalCores} cores; {report.Machine.System}; {report.Machine.Runtime}.");
        if (report.TakenByOthers > NoticeableShare)
            text.AppendLine(CultureInfo.InvariantCulture, $"**Other programs took {report.TakenByOthers:0%} of the processors meanwhile: do not trust these numbers.**");
        text.AppendLine();
        text.AppendLine("| scenario | figure | unit | server | limit | | ratio | target | |");
        text.AppendLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (Figure figure in report.Figures)
        {
            string limit = figure.Limit is null ? "" : Numbers.Text(figure.Limit);
            string ratio = figure.Ratio is null ? "" : Numbers.Text(figure.Ratio.Median);
            string[] cells =
            [
                figure.Scenario, figure.Name, figure.Unit, Numbers.Text(figure.Server), limit, figure.LimitName ?? "", ratio,
                figure.Target?.Describe(figure.Unit) ?? "", Numbers.Text(figure.Verdict),
            ];
            text.AppendLine($"| {string.Join(" | ", cells)} |");
        }

        if (report.Failures.Count > 0)
            text.AppendLine();
        foreach ((string scenario, string reason) in report.Failures)
            text.AppendLine($"**{scenario} FAILED, there are no numbers**: {reason.ReplaceLineEndings(" ")}").AppendLine();
        return text.ToString();
    }
}
