using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// The fast path for clients that have numbers: tensors in, and what the module returns out, with their batch dimension.
/// They come as raw bytes, whose dtype and shape stand in header fields, as <c>.npy</c>, as safetensors or as JSON, and the answer
/// has the same form, or the one that <c>Accept</c> names. Raw bytes, .npy and safetensors are not copied on the way in, and raw
/// bytes not on the way out. Parameters: <c>dtype</c> (float32) of JSON numbers and of the warm-up, and <c>input_shape</c>, the usual
/// shape of one request with its batch dimension, for the warm-up. An archive whose manifest names no handler gets this one.
/// </summary>
/// <remarks>Requests of equal shapes are put together along the first dimension, and get their part of the outputs'.</remarks>
internal sealed class TensorHandler : GroupingHandler
{
    private readonly DType dtype;
    private readonly long[]? inputShape;
    private readonly AnswerHeaders headers = new();

    // The module's arguments are told by its first worker, and are the same for all of them.
    private volatile IReadOnlyList<ModuleParameter>? parameters;

    public TensorHandler(HandlerContext context)
    {
        HandlerParameters handlerParameters = new(context);
        (dtype, inputShape) = handlerParameters.GetInput(given => given.IsTensorType, TensorHeaders.MaxDimensions);
        handlerParameters.RequireCorrect();
    }

    public override TorchValue[]? ExampleInputs(int batchSize) => inputShape switch
    {
        null => null,
        [var first, .. var rest] => ExampleOf(dtype, [first * batchSize, .. rest], batchSize),
        [] => ExampleOf(dtype, [], batchSize),
    };

    public override object BatchKey(HandlerRequest request) => TensorRequest.Of(request, JsonDType).Key ?? (object)request;

    // float16 and bfloat16 have no form in JSON.
    private DType JsonDType => JsonArrayReader.Supports(dtype) ? dtype : DType.Float32;

    protected override object GroupOf(HandlerRequest request) => BatchKey(request);

    protected override bool Fits(HandlerRequest request, int count) => TensorBatch.Fit(TensorRequest.Of(request, JsonDType), count);

    protected override void Run(IReadOnlyList<HandlerRequest> batch, ReadOnlySpan<int> indices, IScriptModule module, HandlerAnswer[] answers, CancellationToken cancellationToken)
    {
        TensorRequest first = TensorRequest.Of(batch[indices[0]], JsonDType);
        if (first.Mistake is { } mistake)
        {
            answers[indices[0]] = HandlerAnswer.Failure(PredictionError.BadInput, mistake);
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        using TensorBatch? together = indices.Length == 1 ? null : Together(batch, indices);
        TorchValue[] arguments;
        try
        {
            arguments = TensorArguments.Make(together?.Inputs ?? first.Inputs, parameters ??= module.Describe().Parameters);
        }
        catch (BadInputException wrong)
        {
            foreach (int index in indices)
                answers[index] = HandlerAnswer.Failure(PredictionError.BadInput, wrong.Message);
            return;
        }

        using ForwardResult result = module.Forward(arguments);
        for (int row = 0; row < indices.Length; row++)
            answers[indices[row]] = Answer(batch[indices[row]], result.Value, together, row, result);
    }

    private TensorBatch Together(IReadOnlyList<HandlerRequest> batch, ReadOnlySpan<int> indices)
    {
        TensorRequest[] requests = new TensorRequest[indices.Length];
        for (int row = 0; row < indices.Length; row++)
            requests[row] = TensorRequest.Of(batch[indices[row]], JsonDType);
        return new TensorBatch(requests);
    }

    private HandlerAnswer Answer(HandlerRequest request, TorchValue output, TensorBatch? together, int row, ForwardResult memory)
    {
        try
        {
            TorchValue rows = together is null ? output : together.RowsOf(output, row);
            return TensorAnswer.Make(rows, TensorForms.Accepted(request.Headers["Accept"]), TensorRequest.Of(request, JsonDType).Form, memory, headers);
        }
        catch (UnusableOutputException failure)
        {
            return HandlerAnswer.Failure(PredictionError.ModelFailed, failure.Message);
        }
        catch (BadInputException wrong)
        {
            return HandlerAnswer.Failure(PredictionError.BadInput, wrong.Message);
        }
    }
}
