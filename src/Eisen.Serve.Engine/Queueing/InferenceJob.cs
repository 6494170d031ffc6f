using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine;

/// <summary>A request on its way through a version's queue, with the caller who waits for its answer.</summary>
/// <param name="request">What was asked.</param>
/// <param name="callerGone">Cancelled when the caller does not wait any more.</param>
internal sealed class InferenceJob(HandlerRequest request, CancellationToken callerGone)
{
    // Continuations run elsewhere: a lane must never be borrowed by a caller's code.
    private readonly TaskCompletionSource<HandlerAnswer> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile bool abandoned;

    public HandlerRequest Request => request;

    /// <summary>Whether nobody waits for the answer any more.</summary>
    public bool IsAbandoned => abandoned || callerGone.IsCancellationRequested;

    public CancellationToken CallerGone => callerGone;

    public Task<HandlerAnswer> Answer => answer.Task;

    /// <summary>Says that its time is over.</summary>
    public void Abandon() => abandoned = true;

    public void Complete(HandlerAnswer given) => answer.TrySetResult(given);
}
