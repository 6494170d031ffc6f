using System.Globalization;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>Which optimization of a module is used, and what was found when they were tried.</summary>
/// <param name="Choice">The one that is used; null when the module is used as it was loaded.</param>
/// <param name="PlainSeconds">The median time of a run of the module as it was loaded; null when nothing was compared with it.</param>
/// <param name="NotTried">Why no optimization was tried at all; null when some were.</param>
/// <param name="Candidates">What was tried, in that order.</param>
public sealed record OptimizationReport(
    ModuleOptimization? Choice, double? PlainSeconds, string? NotTried, IReadOnlyList<OptimizationCandidate> Candidates)
{
    /// <summary>All of it in one line, for a log.</summary>
    public override string ToString()
    {
        if (NotTried is not null)
            return $"used as loaded: {NotTried}";

        string plain = PlainSeconds is double seconds ? $" (as loaded {Milliseconds(seconds)})" : "";
        return $"{(Choice is null ? "used as loaded" : Choice)}{plain}; {string.Join("; ", Candidates.Select(Describe))}";
    }

    private static string Describe(OptimizationCandidate candidate)
    {
        string time = candidate.MedianSeconds is double seconds ? $" {Milliseconds(seconds)}" : "";
        return $"{candidate.Kind}{time}{(candidate.Refusal is null ? "" : $": {candidate.Refusal}")}";
    }

    private static string Milliseconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0.000} ms");
}
