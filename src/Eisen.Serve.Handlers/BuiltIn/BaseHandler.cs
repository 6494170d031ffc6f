using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// TorchServe's <c>base_handler</c>: a JSON body of nested numbers in, the module's output as JSON out. Requests are
/// stacked, so that the module sees one more dimension, the batch, in front of the body's own. Parameters: <c>dtype</c>
/// of the input (float32), and <c>input_shape</c>, the body's shape without the batch, for the warm-up.
/// </summary>
internal sealed class BaseHandler : StackingHandler
{
    private readonly DType dtype;
    private readonly long[]? inputShape;

    public BaseHandler(HandlerContext context)
    {
        HandlerParameters parameters = new(context);
        (dtype, inputShape) = parameters.GetInput(JsonArrayReader.Supports, maximumDimensions: 16);
        parameters.RequireCorrect();
    }

    public override TorchValue[]? ExampleInputs(int batchSize) => inputShape is null ? null : Example(dtype, inputShape, batchSize);

    protected override NDArray Decode(HandlerRequest request)
    {
        RequestPart payload = PayloadOf(request);
        return JsonArrayReader.Read(payload.Content.Span, dtype);
    }

    protected override HandlerAnswer Encode(TorchValue output, int row, int rows, ForwardResult memory) =>
        WrittenAnswer.Make((output, row, rows), static (json, its) => JsonValueWriter.WriteRow(json, its.output, its.row, its.rows));
}
