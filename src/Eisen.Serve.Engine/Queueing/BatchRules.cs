namespace Eisen.Serve.Engine;

/// <summary>How a version's requests are put together.</summary>
/// <param name="Size">The most requests of a batch.</param>
/// <param name="Delay">How long the oldest request may wait, from its arrival, for others to join it.</param>
internal readonly record struct BatchRules(int Size, TimeSpan Delay);
