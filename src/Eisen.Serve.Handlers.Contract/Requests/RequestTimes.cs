namespace Eisen.Serve.Handlers;

/// <summary>When a request was where, as timestamps of the engine's clock; 0 where it has not been.</summary>
internal struct RequestTimes
{
    /// <summary>It began to wait.</summary>
    public long Queued;

    /// <summary>A worker took its batch.</summary>
    public long Taken;

    /// <summary>The batch's first forward began; 0 where the worker does not tell.</summary>
    public long ForwardBegan;

    /// <summary>The batch's last forward ended.</summary>
    public long ForwardEnded;

    /// <summary>The batch was answered.</summary>
    public long Answered;

    /// <summary>How long the request was decoded before it waited, in the clock's units.</summary>
    public long DecodedBefore;

    /// <summary>How many requests the batch had, for the first of them; 0 for the others.</summary>
    public int BatchSize;

    /// <summary>Notes that a worker takes it, for the first time or again.</summary>
    /// <param name="now">The clock's timestamp.</param>
    public void TakenAt(long now)
    {
        Taken = now;
        ForwardBegan = ForwardEnded = Answered = 0;
        BatchSize = 0;
    }
}
