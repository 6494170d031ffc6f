namespace Eisen.Serve.Handlers;

/// <summary>A streamed answer ends before it is complete.</summary>
/// <param name="error">What went wrong.</param>
/// <param name="message">The details, for the log.</param>
internal sealed class BrokenAnswerException(PredictionError error, string message) : Exception(message)
{
    /// <summary>What went wrong.</summary>
    public PredictionError Error => error;
}
