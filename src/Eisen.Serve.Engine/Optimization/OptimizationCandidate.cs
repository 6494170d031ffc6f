using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>How one optimization of a module did.</summary>
/// <param name="Kind">What libtorch did to the module.</param>
/// <param name="MedianSeconds">How long a run takes; null when it was not timed.</param>
/// <param name="LargestDifference">The largest |a - b| / max(1, |a|) between a number a that the module gave as it was loaded
/// and the optimized one's b; null when the two cannot be compared.</param>
/// <param name="Refusal">Why it is not used; null for the one that is.</param>
public sealed record OptimizationCandidate(ModuleOptimization Kind, double? MedianSeconds, double? LargestDifference, string? Refusal);
