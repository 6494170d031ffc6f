namespace Eisen.Serve.Engine;

/// <summary>A worker ended, or had to be ended, by itself; its lane starts it again.</summary>
/// <param name="message">What is known of why, in one line.</param>
public sealed class WorkerDiedException(string message) : Exception(message);
