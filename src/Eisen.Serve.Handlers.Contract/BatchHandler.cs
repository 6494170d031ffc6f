using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>A handler that gets a batch of requests and the module, and does all by itself: one forward, many, or none.</summary>
public abstract class BatchHandler : ModelHandler
{
    /// <summary>Answers a batch of requests, on a worker's thread.</summary>
    /// <param name="batch">At least one request, and at most the model's <c>batchSize</c>.</param>
    /// <param name="module">The model, on the device of the worker that calls.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for any of the answers any more. For a single one there is
    /// <see cref="HandlerRequest.Abandoned"/>.</param>
    /// <returns>As many answers as requests, in their order. <see cref="HandlerAnswer.Failure"/> and <see cref="HandlerAnswer.Refuse"/> make answers to requests that cannot
    /// be answered.</returns>
    public abstract IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IHandlerModule module, CancellationToken cancellationToken);

    /// <summary>The arguments of a usual forward, with which the module is warmed up and optimized before it serves.</summary>
    /// <param name="batchSize">How many requests they stand for; at least 1.</param>
    /// <returns>The arguments, whose arrays are disposed; null when there are none to be had.</returns>
    public virtual TorchValue[]? MakeExample(int batchSize) => null;
}
