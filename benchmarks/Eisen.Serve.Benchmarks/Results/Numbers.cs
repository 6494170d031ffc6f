using System.Globalization;

namespace Eisen.Serve.Benchmarks.Results;

/// <summary>Numbers as people read them.</summary>
internal static class Numbers
{
    /// <summary>Three digits that count, at least: <c>18532</c>, <c>104</c>, <c>7.31</c>, <c>0.962</c>.</summary>
    public static string Text(double number)
    {
        double size = Math.Abs(number);
        string form = size >= 100 ? "0" : size >= 10 ? "0.0" : size >= 1 ? "0.00" : "0.000";
        return number.ToString(form, CultureInfo.InvariantCulture);
    }

    /// <summary>The median with the range of the windows: <c>104 (98.2 to 107)</c>.</summary>
    public static string Text(Series series) =>
        series.Windows.Count == 1 ? Text(series.Median) : $"{Text(series.Median)} ({Text(series.Least)} to {Text(series.Greatest)})";

    /// <summary>A verdict's word.</summary>
    public static string Text(Verdict verdict) => verdict switch
    {
        Verdict.Pass => "pass",
        Verdict.Unclear => "unclear",
        Verdict.Fail => "FAIL",
        _ => "",
    };
}
