using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>Runs an archive's <see cref="StreamHandler"/>, one request of a batch after the other.</summary>
internal sealed class StreamHandlerRunner(StreamHandler handler) : IModelHandler
{
    public TorchValue[]? ExampleInputs(int batchSize) => null;

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken)
    {
        HandlerAnswer[] answers = new HandlerAnswer[batch.Count];
        for (int i = 0; i < answers.Length; i++)
            answers[i] = Answer(batch[i], module);
        return answers;
    }

    private HandlerAnswer Answer(HandlerRequest request, IScriptModule module)
    {
        AnswerStream? stream = null;
        try
        {
            foreach (ReadOnlyMemory<byte> part in handler.Answer(request, new HandlerModule(module), request.Abandoned))
            {
                // Before the first part nothing has been sent, so that a refusal can still be told.
                stream ??= request.BeginAnswer(handler.ContentType);
                if (!stream.Write(part.ToArray()))
                    break;
            }

            return HandlerAnswer.Success(ReadOnlyMemory<byte>.Empty, stream is null ? handler.ContentType : null);
        }
        catch (BadInputException mistake)
        {
            return HandlerAnswer.Failure(PredictionError.BadInput, mistake.Message);
        }
        catch (OperationCanceledException) when (request.Abandoned.IsCancellationRequested)
        {
            return HandlerAnswer.Failure(PredictionError.ClientGone, "nobody waits for the answer any more");
        }
        catch (Exception failure)
        {
            // The batch's other requests have their answers, or will.
            bool hasNoMemory = failure is OutOfMemoryException or TorchException { OutOfMemory: true };
            return HandlerAnswer.Failure(hasNoMemory ? PredictionError.OutOfMemory : PredictionError.ModelFailed, failure.ToString(), device: (failure as TorchException)?.Exhausted?.ToString());
        }
    }
}
