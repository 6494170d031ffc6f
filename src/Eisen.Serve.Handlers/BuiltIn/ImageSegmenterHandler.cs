using System.Numerics.Tensors;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// TorchServe's <c>image_segmenter</c>: a picture in, the likeliest class of each pixel with its probability out, as JSON
/// [height, width, 2]. The picture becomes the module's input as <c>image_classifier</c>'s does; the module returns a
/// dictionary whose <c>out</c> is float32 [N, classes, height, width], the logits, or that tensor itself. Parameters: see
/// docs/handlers.md.
/// </summary>
internal sealed class ImageSegmenterHandler : StackingHandler
{
    private const string OutputName = "out";
    private const int FirstCapacity = 1 << 20;

    private readonly PictureInput input;

    public ImageSegmenterHandler(HandlerContext context)
    {
        HandlerParameters parameters = new(context);
        PictureTransformOptions options = PictureInput.ReadOptions(parameters);
        parameters.RequireCorrect();
        input = new PictureInput(options);
    }

    public override TorchValue[]? ExampleInputs(int batchSize) => Example(DType.Float32, input.Shape, batchSize);

    // The transform gives every picture the same shape, so that none need be decoded to know it.
    public override object? BatchKey(HandlerRequest request) => null;

    protected override NDArray Decode(HandlerRequest request) => input.Decode(PayloadOf(request));

    protected override HandlerAnswer Encode(TorchValue output, int row, int rows, ForwardResult memory)
    {
        if (LogitsOf(output) is not { DType: DType.Float32, Shape: [long n, > 0, > 0, > 0] } logits || n != rows)
            throw new UnusableOutputException($"image_segmenter needs a dictionary with '{OutputName}', float32[{rows}, classes, height, width], from the module.");

        using NDArray likeliest = Likeliest(logits, row);
        return WrittenAnswer.Make(new TorchValue.Tensor(likeliest), static (json, pairs) => JsonValueWriter.WriteRow(json, pairs, row: 0, rows: 1), capacity: FirstCapacity);
    }

    private static NDArray? LogitsOf(TorchValue output) => output switch
    {
        TorchValue.Tensor tensor => tensor.Array,
        TorchValue.Dict dict => Outputs.Find(dict, OutputName),
        _ => null,
    };

    /// <summary>The class and its probability for each pixel of one row of the batch.</summary>
    /// <returns>float32 [1, height, width, 2].</returns>
    private static NDArray Likeliest(NDArray logits, int row)
    {
        int classes = (int)logits.Shape[1];
        int pixels = (int)(logits.Shape[2] * logits.Shape[3]);
        ReadOnlySpan<float> scores = logits.AsSpan<float>().Slice(row * classes * pixels, classes * pixels);
        float[] best = scores[..pixels].ToArray();
        float[] sums = new float[pixels];
        float[] powers = new float[pixels];
        NDArray result = NDArray.Allocate(DType.Float32, [1, logits.Shape[2], logits.Shape[3], 2]);
        Span<float> pairs = result.AsSpan<float>();
        pairs.Clear();

        // Class by class, as the numbers lie in memory.
        for (int number = 1; number < classes; number++)
        {
            ReadOnlySpan<float> plane = scores.Slice(number * pixels, pixels);
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                if (plane[pixel] > best[pixel])
                {
                    best[pixel] = plane[pixel];
                    pairs[2 * pixel] = number;
                }
            }
        }

        for (int number = 0; number < classes; number++)
        {
            TensorPrimitives.Subtract(scores.Slice(number * pixels, pixels), best, powers);
            TensorPrimitives.Exp(powers, powers);
            TensorPrimitives.Add(sums, powers, sums);
        }

        // The likeliest class's own power is 1. A NaN among the logits makes the sum one, which JSON refuses.
        for (int pixel = 0; pixel < pixels; pixel++)
            pairs[2 * pixel + 1] = 1 / sums[pixel];
        return result;
    }
}
