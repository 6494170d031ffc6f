using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine;

/// <summary>
/// A request on its way through a version's queue, and the task of the caller who waits for its answer. Whoever takes it out
/// of the queue disposes the request; the first answer counts, be it the lane's, or that time is over.
/// </summary>
internal sealed class InferenceJob : TaskCompletionSource<HandlerAnswer>, IAnswerReceiver
{
    private const string Gone = "the client has gone away";

    private AnswerStream? begun;
    private CancellationTokenSource? nobodyWaits;

    /// <param name="request">What was asked; it belongs to the job from here on.</param>
    /// <param name="batchKey">Equal for those requests that can share a forward.</param>
    /// <param name="queuedAt">The clock's timestamp.</param>
    /// <param name="deadline">The clock's timestamp at which the caller does not wait any more.</param>
    /// <param name="callerGone">Cancelled when the caller does not wait any more.</param>
    public InferenceJob(HandlerRequest request, object? batchKey = null, long queuedAt = 0, long deadline = long.MaxValue, CancellationToken callerGone = default)
        // Continuations run elsewhere: a lane must never be borrowed by a caller's code.
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Request = request;
        request.Receiver = this;
        BatchKey = batchKey;
        QueuedAt = queuedAt;
        Deadline = deadline;
        CallerGone = callerGone;
        Node = new LinkedListNode<InferenceJob>(this);
    }

    public HandlerRequest Request { get; }

    public object? BatchKey { get; }

    public long QueuedAt { get; }

    public long Deadline { get; }

    public CancellationToken CallerGone { get; }

    /// <summary>Where it waits, or did.</summary>
    public InferenceQueue? Queue { get; set; }

    /// <summary>Its place among those that wait, or those that run.</summary>
    public LinkedListNode<InferenceJob> Node { get; }

    /// <summary>Whether the caller has the beginning of an answer already: the request cannot be run again.</summary>
    public bool HasBegun => begun is not null;

    /// <summary>Whether nobody waits for the answer any more.</summary>
    public bool IsAbandoned => Task.IsCompleted || CallerGone.IsCancellationRequested;

    /// <summary>Ends the caller's waiting; a lane may still have the request.</summary>
    public void GiveUp(PredictionError why, string message)
    {
        // An answer that has begun is not late any more.
        if (TrySetResult(HandlerAnswer.Failure(why, message)) || CallerGone.IsCancellationRequested)
            Volatile.Read(ref nobodyWaits)?.Cancel();
    }

    /// <summary>A token that is cancelled when nobody waits for the answer any more: the caller has gone, or its time is over and
    /// no answer has begun.</summary>
    public CancellationToken WatchForEnd()
    {
        CancellationTokenSource source = new();
        Interlocked.Exchange(ref nobodyWaits, source);
        if (IsAbandoned)
            source.Cancel();
        return source.Token;
    }

    /// <summary>Gives the caller the beginning of an answer, or disposes it when there is no caller any more.</summary>
    public void Begin(HandlerAnswer answer)
    {
        begun = answer.Parts;
        if (!TrySetResult(answer))
            answer.Dispose();
    }

    /// <summary>Gives the answer to the caller, or disposes it when there is none any more. Where it has begun, this is its
    /// end.</summary>
    public void Complete(HandlerAnswer given)
    {
        Request.Dispose();
        if (begun is not null)
            begun.End(given);
        else if (!TrySetResult(given))
            given.Dispose();
    }

    /// <summary>Lets go of a request whose caller has gone away. When a lane has it already, the lane does that.</summary>
    public void Leave()
    {
        if (Queue!.Remove(this))
            Drop();
        else
            GiveUp(PredictionError.ClientGone, Gone);
    }

    /// <summary>Lets go of a request that was taken out of the queue, as its caller has gone away.</summary>
    public void Drop() => Complete(HandlerAnswer.Failure(PredictionError.ClientGone, Gone));
}
