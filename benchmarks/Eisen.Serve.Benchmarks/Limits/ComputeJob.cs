namespace Eisen.Serve.Benchmarks.Limits;

/// <summary>A window of a bare loop.</summary>
/// <param name="Batch">How many samples are stacked for a forward.</param>
/// <param name="Seconds">How long is measured.</param>
/// <param name="RampSeconds">How long it runs before that.</param>
internal sealed record ComputeJob(int Batch, double Seconds, double RampSeconds);
