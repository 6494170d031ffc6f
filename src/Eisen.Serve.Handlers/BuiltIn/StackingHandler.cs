using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// The walk that handlers with one array a request share: decode each request to an array, stack those of a batch along a new
/// first dimension, run the module, and encode each answer from its rows of the output.
/// </summary>
internal abstract class StackingHandler : GroupingHandler
{
    public override object? BatchKey(HandlerRequest request) => GroupOf(request) ?? request;

    /// <summary>Makes one request's array.</summary>
    /// <exception cref="BadInputException">The request holds nothing usable.</exception>
    protected abstract NDArray Decode(HandlerRequest request);

    /// <summary>Makes one request's answer.</summary>
    /// <param name="output">What the module returned for the batch.</param>
    /// <param name="row">The request's place in the batch.</param>
    /// <param name="rows">How many requests the batch has.</param>
    /// <param name="memory">What the output lies in. An answer that points into it keeps it by sharing it.</param>
    /// <exception cref="UnusableOutputException">The output has not the form that the handler needs.</exception>
    protected abstract HandlerAnswer Encode(TorchValue output, int row, int rows, ForwardResult memory);

    /// <summary>Makes one request's answer, for handlers that look at the request once more.</summary>
    /// <inheritdoc cref="Encode(TorchValue, int, int, ForwardResult)"/>
    protected virtual HandlerAnswer Encode(HandlerRequest request, TorchValue output, int row, int rows, ForwardResult memory) => Encode(output, row, rows, memory);

    /// <summary>An input for <see cref="IModelHandler.ExampleInputs"/>.</summary>
    /// <param name="dtype">Its dtype.</param>
    /// <param name="shape">One request's shape.</param>
    /// <param name="batchSize">How many requests it stands for.</param>
    /// <returns>Null for a batch that would take too much memory to be tried on every worker.</returns>
    protected static TorchValue[]? Example(DType dtype, ReadOnlySpan<long> shape, int batchSize) => ExampleOf(dtype, [batchSize, .. shape], batchSize);

    /// <summary>The part that holds a request's input.</summary>
    /// <exception cref="BadInputException">It has several, and none is the one.</exception>
    internal static RequestPart PayloadOf(HandlerRequest request) =>
        request.Payload ?? throw new BadInputException(request.Parts.Count == 0 ? "the request has no parts" : "the request has several parts, and none of them is called 'data' or 'body'");

    /// <summary>A request's array, or null when it holds nothing usable; decoded once.</summary>
    protected NDArray? ArrayOf(HandlerRequest request) => SampleOf(request).Array;

    /// <summary>A request's array; decoded once.</summary>
    /// <exception cref="BadInputException">It holds nothing usable.</exception>
    protected NDArray DecodedOf(HandlerRequest request)
    {
        Sample sample = SampleOf(request);
        return sample.Array ?? throw new BadInputException(sample.Mistake!);
    }

    private Sample SampleOf(HandlerRequest request)
    {
        if (request.Decoded is Sample decoded)
            return decoded;

        Sample sample;
        try
        {
            sample = new Sample(Decode(request), null);
        }
        catch (BadInputException mistake)
        {
            sample = new Sample(null, mistake.Message);
        }

        request.Decoded = sample;
        return sample;
    }

    protected sealed override object? GroupOf(HandlerRequest request) => ArrayOf(request)?.ToString();

    protected sealed override bool Fits(HandlerRequest request, int count) =>
        ArrayOf(request) is { } array && NDArray.Fits(array.DType, [count, .. array.Shape]);

    protected sealed override void Run(IReadOnlyList<HandlerRequest> batch, ReadOnlySpan<int> indices, IScriptModule module, HandlerAnswer[] answers, CancellationToken cancellationToken)
    {
        if (SampleOf(batch[indices[0]]).Mistake is { } mistake)
        {
            answers[indices[0]] = HandlerAnswer.Failure(PredictionError.BadInput, mistake);
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        using NDArray input = Together(batch, indices);
        using ForwardResult result = module.Forward(new TorchValue.Tensor(input));
        for (int row = 0; row < indices.Length; row++)
            answers[indices[row]] = EncodeRow(batch[indices[row]], result.Value, row, indices.Length, result);
    }

    private NDArray Together(IReadOnlyList<HandlerRequest> batch, ReadOnlySpan<int> indices)
    {
        NDArray first = ArrayOf(batch[indices[0]])!;
        long[] shape = [indices.Length, .. first.Shape];
        if (indices.Length == 1)
            return NDArray.Wrap(first.DType, shape, first.Memory);

        NDArray input = NDArray.Allocate(first.DType, shape);
        for (int row = 0; row < indices.Length; row++)
            ArrayOf(batch[indices[row]])!.Memory.CopyTo(input.Memory[(row * first.Memory.Length)..]);
        return input;
    }

    private HandlerAnswer EncodeRow(HandlerRequest request, TorchValue output, int row, int rows, ForwardResult memory)
    {
        try
        {
            return Encode(request, output, row, rows, memory);
        }
        catch (UnusableOutputException failure)
        {
            // A number that cannot be sent spoils its own row only.
            return HandlerAnswer.Failure(PredictionError.ModelFailed, failure.Message);
        }
    }

    private sealed class Sample(NDArray? array, string? mistake) : IDisposable
    {
        public NDArray? Array => array;

        public string? Mistake => mistake;

        public void Dispose() => array?.Dispose();
    }
}
