namespace Eisen.Serve.Handlers;

/// <summary>Whom a request's answer goes to.</summary>
internal interface IAnswerReceiver
{
    /// <summary>Cancelled when nobody waits for the answer any more: the caller has gone away, or its time is over.</summary>
    CancellationToken Abandoned { get; }

    /// <summary>Gives the caller, before the batch is done, an answer whose parts are still to come.</summary>
    /// <param name="answer">The answer; it belongs to the receiver.</param>
    void Begin(HandlerAnswer answer);
}
