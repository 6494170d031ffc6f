namespace Eisen.Serve.Handlers;

/// <summary>Takes an answer that a request gets before its batch is done.</summary>
public interface IAnswerReceiver
{
    /// <summary>Gives the caller an answer whose parts are still to come.</summary>
    /// <param name="answer">The answer; it belongs to the receiver.</param>
    void Begin(HandlerAnswer answer);
}
