using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>The walk of a batch that handlers share whose requests need not all fit together: those that do have one forward.</summary>
internal abstract class GroupingHandler : IModelHandler
{
    private const int MostExampleBytes = 1 << 28;

    public abstract TorchValue[]? ExampleInputs(int batchSize);

    public abstract object? BatchKey(HandlerRequest request);

    public virtual HandlerAnswer? Explain(HandlerRequest request, IScriptModule module, IReadOnlyList<IScriptModule> furtherModules, CancellationToken cancellationToken) => null;

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken)
    {
        HandlerAnswer[] answers = new HandlerAnswer[batch.Count];
        try
        {
            if (batch.Count == 1)
                Run(batch, [0], module, answers, cancellationToken);
            else
                RunAlike(batch, module, answers, cancellationToken);
            return answers;
        }
        catch
        {
            HandlerAnswer.DisposeAll(answers);
            throw;
        }
    }

    /// <summary>Equal for requests of one batch that can be put together.</summary>
    protected abstract object? GroupOf(HandlerRequest request);

    /// <summary>Whether as many requests like one are not more than a tensor can hold.</summary>
    protected abstract bool Fits(HandlerRequest request, int count);

    /// <summary>Runs the module once, and answers.</summary>
    /// <param name="batch">All requests.</param>
    /// <param name="indices">Those that are run: one, or several of a group that fit together.</param>
    /// <param name="module">The model.</param>
    /// <param name="answers">Gets their answers.</param>
    /// <param name="cancellationToken">Ends it before the forward.</param>
    protected abstract void Run(IReadOnlyList<HandlerRequest> batch, ReadOnlySpan<int> indices, IScriptModule module, HandlerAnswer[] answers, CancellationToken cancellationToken);

    /// <summary>An input of a shape for <see cref="IModelHandler.ExampleInputs"/>.</summary>
    /// <param name="dtype">Its dtype.</param>
    /// <param name="shape">Its shape, the batch included.</param>
    /// <param name="batchSize">How many requests it stands for.</param>
    /// <returns>Null for a batch that would take too much memory to be tried on every worker.</returns>
    protected static TorchValue[]? ExampleOf(DType dtype, long[] shape, int batchSize)
    {
        if (batchSize > 1 && (!NDArray.Fits(dtype, shape) || NDArray.ByteLength(dtype, shape) > MostExampleBytes))
            return null;
        return [new TorchValue.Tensor(ExampleArray.Make(dtype, shape))];
    }

    // One forward for all that are alike; the queue's batches are of one kind only.
    private void RunAlike(IReadOnlyList<HandlerRequest> batch, IScriptModule module, HandlerAnswer[] answers, CancellationToken cancellationToken)
    {
        foreach (IGrouping<object?, int> alike in Enumerable.Range(0, batch.Count).GroupBy(i => GroupOf(batch[i])))
        {
            int[] indices = [.. alike];
            if (indices.Length == 1 || Fits(batch[indices[0]], indices.Length))
                Run(batch, indices, module, answers, cancellationToken);
            else
                Array.ForEach(indices, index => Run(batch, [index], module, answers, cancellationToken));
        }
    }
}
