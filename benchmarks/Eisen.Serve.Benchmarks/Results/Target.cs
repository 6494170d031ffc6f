using System.Globalization;

namespace Eisen.Serve.Benchmarks.Results;

/// <summary>What a figure is held against.</summary>
/// <param name="Kind">What of the figure is compared, and how.</param>
/// <param name="Value">With what; in the figure's unit unless it is a ratio.</param>
internal sealed record Target(Target.Comparison Kind, double Value)
{
    /// <summary>What of a figure is compared with the value.</summary>
    internal enum Comparison
    {
        /// <summary>The ratio to the limit is at least the value.</summary>
        RatioAtLeast,

        /// <summary>The ratio to the limit is at most the value.</summary>
        RatioAtMost,

        /// <summary>The figure exceeds its limit by the value at most.</summary>
        ExcessAtMost,

        /// <summary>The figure itself is at most the value.</summary>
        AtMost,
    }

    /// <summary>What is compared with the value, of one window.</summary>
    public double Measure(double server, double limit) => Kind switch
    {
        Comparison.AtMost => server,
        Comparison.ExcessAtMost => server - limit,
        _ => server / limit,
    };

    /// <summary>Whether a measured value meets it.</summary>
    public bool IsMetBy(double measured) => Kind == Comparison.RatioAtLeast ? measured >= Value : measured <= Value;

    /// <summary>For people, for example <c>ratio at least 0.97</c>.</summary>
    public string Describe(string unit)
    {
        string suffix = Kind is Comparison.AtMost or Comparison.ExcessAtMost ? " " + unit : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Words} {Value:0.##}{suffix}");
    }

    private string Words => Kind switch
    {
        Comparison.RatioAtLeast => "ratio at least",
        Comparison.RatioAtMost => "ratio at most",
        Comparison.ExcessAtMost => "difference at most",
        _ => "at most",
    };
}
