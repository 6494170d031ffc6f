namespace Eisen.Serve.Fetching;

/// <summary>What fetching an archive may take.</summary>
/// <param name="MaxBytes">The largest file.</param>
/// <param name="Timeout">How long all of it may take.</param>
internal sealed record FetchLimits(long MaxBytes, TimeSpan Timeout);
