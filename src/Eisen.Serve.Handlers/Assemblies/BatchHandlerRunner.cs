using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>Runs an archive's <see cref="BatchHandler"/>.</summary>
internal sealed class BatchHandlerRunner(BatchHandler handler) : IModelHandler
{
    public TorchValue[]? ExampleInputs(int batchSize) => handler.MakeExample(batchSize);

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken)
    {
        using BatchAbandonment abandonment = new(batch);
        try
        {
            // The list is the lane's, which uses it again.
            IReadOnlyList<HandlerAnswer>? answers = handler.Handle([.. batch], new HandlerModule(module), abandonment.Token);
            if (answers?.All(answer => answer is not null) == true)
                return answers;
            HandlerAnswer.DisposeAll(answers ?? []);
            throw new InvalidOperationException("Handle returned null, or a list with null in it.");
        }
        catch (BadInputException mistake) when (batch.Count == 1)
        {
            return [HandlerAnswer.Failure(PredictionError.BadInput, mistake.Message)];
        }
        catch (OperationCanceledException failure) when (!abandonment.Token.IsCancellationRequested)
        {
            // Somebody waits still: what was cancelled was the handler's own.
            throw new InvalidOperationException("The handler was cancelled by itself.", failure);
        }
    }
}
