using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>Runs an archive's <see cref="ArrayHandler"/>: batching and forward are the server's, decode and encode the handler's.</summary>
internal sealed class ArrayHandlerRunner : StackingHandler
{
    private readonly ArrayHandler handler;

    public ArrayHandlerRunner(ArrayHandler handler)
    {
        this.handler = handler;
        handler.Forms = new JsonForms();
    }

    public override TorchValue[]? ExampleInputs(int batchSize)
    {
        using NDArray? example = handler.MakeExample();
        TorchValue[]? inputs = example is null ? null : Example(example.DType, example.Shape, batchSize);
        if (inputs is [TorchValue.Tensor { Array: var array }])
        {
            for (int row = 0; row < batchSize; row++)
                example!.Memory.CopyTo(array.Memory[(row * example.Memory.Length)..]);
        }

        return inputs;
    }

    // It would decode on threads that are not the handler's to keep: a decode that hangs must hold its own worker only. Requests are grouped by
    // dtype and shape when a worker has them.
    public override object? BatchKey(HandlerRequest request) => null;

    protected override NDArray Decode(HandlerRequest request) => handler.Decode(request) ?? throw new InvalidOperationException("Decode returned null.");

    protected override HandlerAnswer Encode(TorchValue output, int row, int rows, ForwardResult memory) => throw new NotSupportedException("An answer is made for a request.");

    protected override HandlerAnswer Encode(HandlerRequest request, TorchValue output, int row, int rows, ForwardResult memory)
    {
        try
        {
            HandlerAnswer answer = handler.EncodeAll(OutputRow.Of(output, row, rows), request) ?? throw new InvalidOperationException("Encode returned null.");
            // It may point into the output.
            return answer.Error == PredictionError.None ? HandlerAnswer.Success(answer.Content, answer.ContentType, new Together(answer, memory.Share()), answer.Headers, answer.Status) : answer;
        }
        catch (BadInputException mistake)
        {
            return HandlerAnswer.Failure(PredictionError.BadInput, mistake.Message);
        }
        catch (Exception failure) when (failure is not UnusableOutputException)
        {
            // The other rows have their answers, or will.
            return HandlerAnswer.Failure(failure is OutOfMemoryException ? PredictionError.OutOfMemory : PredictionError.ModelFailed, failure.ToString());
        }
    }

    private sealed class Together(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
