using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine;

/// <summary>
/// A request on its way through a version's queue, with the caller who waits for its answer. Whoever takes it out of the
/// queue owns it, and either completes or drops it.
/// </summary>
internal sealed class InferenceJob
{
    // Continuations run elsewhere: a lane must never be borrowed by a caller's code.
    private readonly TaskCompletionSource<HandlerAnswer> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="request">What was asked; it belongs to the job from here on.</param>
    /// <param name="batchKey">Equal for those requests that can share a forward.</param>
    /// <param name="queuedAt">The clock's timestamp.</param>
    /// <param name="callerGone">Cancelled when the caller does not wait any more.</param>
    public InferenceJob(HandlerRequest request, object? batchKey = null, long queuedAt = 0, CancellationToken callerGone = default)
    {
        Request = request;
        BatchKey = batchKey;
        QueuedAt = queuedAt;
        CallerGone = callerGone;
        Node = new LinkedListNode<InferenceJob>(this);
    }

    public HandlerRequest Request { get; }

    public object? BatchKey { get; }

    public long QueuedAt { get; }

    public CancellationToken CallerGone { get; }

    /// <summary>Its place in the queue.</summary>
    public LinkedListNode<InferenceJob> Node { get; }

    /// <summary>Whether nobody waits for the answer any more.</summary>
    public bool IsAbandoned => answer.Task.IsCanceled || CallerGone.IsCancellationRequested;

    public Task<HandlerAnswer> Answer => answer.Task;

    /// <summary>Says that the caller does not wait any more. An answer that came at the same moment is disposed.</summary>
    public void Abandon()
    {
        if (!answer.TrySetCanceled())
            answer.Task.Result.Dispose();
    }

    /// <summary>Gives the answer to the caller, or disposes it when there is none any more.</summary>
    public void Complete(HandlerAnswer given)
    {
        Request.Dispose();
        if (!answer.TrySetResult(given))
            given.Dispose();
    }

    /// <summary>Lets go of a request that nobody waits for.</summary>
    public void Drop()
    {
        Request.Dispose();
        answer.TrySetCanceled();
    }
}
