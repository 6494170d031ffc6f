using System.Runtime.InteropServices;
using Eisen.Serve.Benchmarks.Load;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;
using Eisen.Serve.Torch;
using Eisen.Serve.Torch.LibTorch;

namespace Eisen.Serve.Benchmarks.Limits;

/// <summary>The calls that a server must make for a prediction, and no others: decode, and forward.</summary>
internal sealed class BareModel : IDisposable
{
    private readonly ComputeSetup setup;
    private readonly LibTorchEngine engine = new();
    private readonly IScriptModule module;
    private readonly PictureTransform transform = new(new PictureTransformOptions());
    private readonly AnswerCheck check;
    private readonly byte[] body;
    private readonly long[] sampleShape;

    public BareModel(ComputeSetup setup)
    {
        this.setup = setup;
        body = File.ReadAllBytes(setup.Question.BodyFile);
        check = new AnswerCheck(setup.Question.Rule, File.ReadAllBytes(setup.Question.AnswerFile));
        sampleShape = setup.TensorShape is null ? transform.OutputShape.ToArray() : setup.TensorShape[1..];
        // Operators that are built when a module is loaded or first run take the number of threads from this thread.
        engine.SetIntraOpThreads(setup.IntraOpThreads);
        module = engine.Load(setup.Module, TorchDevice.Cpu);
    }

    /// <summary>Makes a thread one that runs the model, and checks that it gives the right answer there.</summary>
    /// <exception cref="ScenarioFailedException">The answer is wrong.</exception>
    public void Prepare(int batch)
    {
        engine.SetIntraOpThreads(setup.IntraOpThreads);
        for (int run = 0; run < 3; run++)
        {
            using NDArray stack = Decode(batch);
            using ForwardResult result = module.Forward(new TorchValue.Tensor(stack));
            NDArray output = ((TorchValue.Tensor)result.Value).Array;
            for (int row = 0; row < batch; row++)
                RequireRight(output, row);
        }
    }

    /// <summary>Decodes a batch, and runs the module on it.</summary>
    public void Run(int batch)
    {
        using NDArray stack = Decode(batch);
        module.Forward(new TorchValue.Tensor(stack)).Dispose();
    }

    public void Dispose() => module.Dispose();

    private NDArray Decode(int batch)
    {
        // A server wraps the bytes of a single tensor where they are.
        if (batch == 1 && setup.TensorShape is not null)
            return NDArray.Wrap(DType.Float32, setup.TensorShape, body);

        NDArray stack = NDArray.Allocate(DType.Float32, [batch, .. sampleShape]);
        int length = stack.ElementCount / batch;
        for (int row = 0; row < batch; row++)
        {
            if (setup.TensorShape is not null)
            {
                body.CopyTo(stack.Memory.Span[(row * body.Length)..]);
                continue;
            }

            using Picture picture = PictureDecoder.Decode(body, transform.Channels);
            transform.Apply(picture, stack.AsSpan<float>().Slice(row * length, length));
        }

        return stack;
    }

    private void RequireRight(NDArray output, int row)
    {
        int length = output.Memory.Length / (int)output.Shape[0];
        Span<byte> answer = output.Memory.Span.Slice(row * length, length);
        bool isRight = setup.TensorShape is null ? IndexOfLargest(MemoryMarshal.Cast<byte, float>(answer)) == setup.BestClass : check.IsRight(answer);
        if (!isRight)
            throw new ScenarioFailedException($"the bare loop's answer is wrong in row {row} of {output}");
    }

    private static int IndexOfLargest(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best])
                best = i;
        }

        return best;
    }
}
