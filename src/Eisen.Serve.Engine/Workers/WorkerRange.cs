namespace Eisen.Serve.Engine;

/// <summary>How many workers a version should have.</summary>
/// <param name="Min">The fewest; it has at least these.</param>
/// <param name="Max">The most; those above the fewest come when requests wait too long, and go when they have nothing to
/// do.</param>
public sealed record WorkerRange(int Min, int Max);
