namespace Eisen.Serve.Benchmarks;

/// <summary>A scenario gave something else than right answers: there is no number to show for it.</summary>
/// <param name="message">What was wrong.</param>
internal sealed class ScenarioFailedException(string message) : Exception(message);
