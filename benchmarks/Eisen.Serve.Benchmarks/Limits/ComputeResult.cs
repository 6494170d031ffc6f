namespace Eisen.Serve.Benchmarks.Limits;

/// <summary>What a window of a bare loop gave.</summary>
/// <param name="Rate">Samples per second.</param>
/// <param name="Failure">Why there is no number, or null.</param>
internal sealed record ComputeResult(double Rate, string? Failure);
