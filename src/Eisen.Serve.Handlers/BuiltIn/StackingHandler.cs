using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// The walk that handlers with one array a request share: decode each request to an array, put those of a batch together
/// along the first dimension, run the module, and encode each answer from its rows of the output.
/// </summary>
internal abstract class StackingHandler : IModelHandler
{
    private const int MostExampleBytes = 1 << 28;

    public abstract TorchValue[]? ExampleInputs(int batchSize);

    public virtual object? BatchKey(HandlerRequest request) => ArrayOf(request)?.ToString() ?? (object)request;

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken)
    {
        HandlerAnswer[] answers = new HandlerAnswer[batch.Count];
        List<int> usable = new(batch.Count);
        for (int i = 0; i < batch.Count; i++)
        {
            if (SampleOf(batch[i]).Mistake is { } mistake)
                answers[i] = HandlerAnswer.Failure(PredictionError.BadInput, mistake);
            else
                usable.Add(i);
        }

        // One forward for all of a shape; the queue's batches have one shape only.
        foreach (IReadOnlyList<int> alike in Alike(batch, usable))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Run(batch, alike, module, answers);
        }

        return answers;
    }

    /// <summary>Makes one request's array.</summary>
    /// <exception cref="BadInputException">The request holds nothing usable.</exception>
    protected abstract NDArray Decode(HandlerRequest request);

    /// <summary>The shape of the module's input for several requests of one shape.</summary>
    /// <param name="shape">The shape of each.</param>
    /// <param name="count">How many there are.</param>
    protected virtual long[] BatchShape(ReadOnlySpan<long> shape, int count) => [count, .. shape];

    /// <summary>Makes one request's answer.</summary>
    /// <param name="output">What the module returned for the batch.</param>
    /// <param name="row">The request's place in the batch.</param>
    /// <param name="rows">How many requests the batch has.</param>
    /// <param name="memory">What the output lies in. An answer that points into it keeps it by sharing it.</param>
    /// <exception cref="UnusableOutputException">The output has not the form that the handler needs.</exception>
    protected abstract HandlerAnswer Encode(TorchValue output, int row, int rows, SharedMemory memory);

    /// <summary>Arrays of pseudo-random numbers for <see cref="IModelHandler.ExampleInputs"/>; integers are zeros, as they
    /// may be indices.</summary>
    /// <returns>Null for a batch that would take too much memory to be tried on every worker.</returns>
    protected TorchValue[]? Example(DType dtype, ReadOnlySpan<long> shape, int batchSize)
    {
        long[] together = BatchShape(shape, batchSize);
        if (batchSize > 1 && (!NDArray.Fits(dtype, together) || NDArray.ByteLength(dtype, together) > MostExampleBytes))
            return null;
        NDArray array = NDArray.Allocate(dtype, together);
        array.Memory.Span.Clear();
        Random random = new(20);
        switch (dtype)
        {
            case DType.Float32:
                foreach (ref float element in array.AsSpan<float>())
                    element = random.NextSingle();
                break;
            case DType.Float64:
                foreach (ref double element in array.AsSpan<double>())
                    element = random.NextDouble();
                break;
        }

        return [new TorchValue.Tensor(array)];
    }

    /// <summary>A request's array, or null when it holds nothing usable; decoded once.</summary>
    protected NDArray? ArrayOf(HandlerRequest request) => SampleOf(request).Array;

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

    private IEnumerable<IReadOnlyList<int>> Alike(IReadOnlyList<HandlerRequest> batch, List<int> usable)
    {
        if (usable.Count <= 1)
            return usable.Count == 0 ? [] : [usable];
        return usable.GroupBy(i => ArrayOf(batch[i])!.ToString()).SelectMany(alike => FitsTogether(batch, [.. alike]) ? [[.. alike]] : alike.Select(i => new[] { i }));
    }

    private bool FitsTogether(IReadOnlyList<HandlerRequest> batch, int[] alike)
    {
        NDArray first = ArrayOf(batch[alike[0]])!;
        return NDArray.Fits(first.DType, BatchShape(first.Shape, alike.Length));
    }

    private void Run(IReadOnlyList<HandlerRequest> batch, IReadOnlyList<int> indices, IScriptModule module, HandlerAnswer[] answers)
    {
        using NDArray input = Input(batch, indices);
        using SharedMemory result = new(module.Forward(new TorchValue.Tensor(input)), out TorchValue output);
        for (int row = 0; row < indices.Count; row++)
            answers[indices[row]] = EncodeRow(output, row, indices.Count, result);
    }

    private NDArray Input(IReadOnlyList<HandlerRequest> batch, IReadOnlyList<int> indices)
    {
        NDArray first = SampleOf(batch[indices[0]]).Array!;
        long[] shape = BatchShape(first.Shape, indices.Count);
        if (indices.Count == 1)
            return NDArray.Wrap(first.DType, shape, first.Memory);

        NDArray input = NDArray.Allocate(first.DType, shape);
        for (int row = 0; row < indices.Count; row++)
            SampleOf(batch[indices[row]]).Array!.Memory.CopyTo(input.Memory[(row * first.Memory.Length)..]);
        return input;
    }

    private HandlerAnswer EncodeRow(TorchValue output, int row, int rows, SharedMemory memory)
    {
        try
        {
            return Encode(output, row, rows, memory);
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
