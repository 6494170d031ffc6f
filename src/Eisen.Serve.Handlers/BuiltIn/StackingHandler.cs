using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// The walk that handlers with one array a request share: decode each request to an array, stack those of equal dtype
/// and shape along a new first dimension, run the module, and encode each answer from its row of the output.
/// </summary>
internal abstract class StackingHandler : IModelHandler
{
    public abstract void WarmUp(IScriptModule module);

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken)
    {
        HandlerAnswer[] answers = new HandlerAnswer[batch.Count];
        List<Sample> samples = new(batch.Count);
        try
        {
            for (int i = 0; i < batch.Count; i++)
            {
                try
                {
                    samples.Add(new Sample(i, Decode(batch[i])));
                }
                catch (BadInputException mistake)
                {
                    answers[i] = HandlerAnswer.Failure(PredictionError.BadInput, mistake.Message);
                }
            }

            foreach (IGrouping<string, Sample> alike in samples.GroupBy(sample => sample.Array.ToString()))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Run([.. alike], module, answers);
            }
        }
        finally
        {
            foreach (Sample sample in samples)
                sample.Array.Dispose();
        }

        return answers;
    }

    /// <summary>Makes one request's array, without the batch dimension.</summary>
    /// <exception cref="BadInputException">The request holds nothing usable.</exception>
    protected abstract NDArray Decode(HandlerRequest request);

    /// <summary>Makes one request's answer.</summary>
    /// <param name="output">What the module returned for the batch.</param>
    /// <param name="row">The request's row in it.</param>
    /// <param name="rows">How many rows the batch has.</param>
    /// <exception cref="UnusableOutputException">The output has not the form that the handler needs.</exception>
    protected abstract HandlerAnswer Encode(TorchValue output, int row, int rows);

    /// <summary>Runs the module on a stack of zeros, three times: TorchScript profiles the first runs, then compiles.</summary>
    protected static void WarmUp(IScriptModule module, DType dtype, ReadOnlySpan<long> shape)
    {
        using NDArray zeros = NDArray.Allocate(dtype, [1, .. shape]);
        zeros.Memory.Span.Clear();
        for (int run = 0; run < 3; run++)
            module.Forward(new TorchValue.Tensor(zeros)).Dispose();
    }

    private void Run(Sample[] samples, IScriptModule module, HandlerAnswer[] answers)
    {
        try
        {
            using NDArray stack = Stack(samples);
            using ForwardResult result = module.Forward(new TorchValue.Tensor(stack));
            for (int row = 0; row < samples.Length; row++)
                answers[samples[row].Index] = EncodeRow(result.Value, row, samples.Length);
        }
        catch (TorchException) when (samples.Length > 1)
        {
            // One of them made the batch fail: alone, it fails alone.
            foreach (Sample sample in samples)
                Run([sample], module, answers);
        }
        catch (TorchException failure)
        {
            answers[samples[0].Index] = HandlerAnswer.Failure(failure.OutOfMemory ? PredictionError.OutOfMemory : PredictionError.ModelFailed, failure.Message);
        }
    }

    private HandlerAnswer EncodeRow(TorchValue output, int row, int rows)
    {
        try
        {
            return Encode(output, row, rows);
        }
        catch (UnusableOutputException failure)
        {
            // A number that cannot be sent spoils its own row only.
            return HandlerAnswer.Failure(PredictionError.ModelFailed, failure.Message);
        }
    }

    private static NDArray Stack(Sample[] samples)
    {
        NDArray first = samples[0].Array;
        if (samples.Length == 1)
            return NDArray.Wrap(first.DType, [1, .. first.Shape], first.Memory);

        NDArray stack = NDArray.Allocate(first.DType, [samples.Length, .. first.Shape]);
        for (int row = 0; row < samples.Length; row++)
            samples[row].Array.Memory.CopyTo(stack.Memory[(row * first.Memory.Length)..]);
        return stack;
    }

    private readonly record struct Sample(int Index, NDArray Array);
}
