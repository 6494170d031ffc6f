using System.Buffers;
using System.Numerics.Tensors;
using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers;

/// <summary>
/// TorchServe's <c>image_classifier</c>: a JPEG or PNG picture in, the most likely classes with their probabilities
/// out. The picture is resized, cropped and normalised as TorchServe does with Pillow and torchvision; the module takes
/// float32 [N, channels, crop height, crop width] and returns [N, classes] logits, which the softmax turns into
/// probabilities. Parameters: see docs/archives.md.
/// </summary>
internal sealed class ImageClassifierHandler : StackingHandler
{
    private const int DefaultTopK = 5;
    private const int MaxTopK = 100_000;

    private readonly PictureTransform transform;
    private readonly int topK;
    private readonly ClassNames? names;

    public ImageClassifierHandler(HandlerContext context)
    {
        HandlerParameters parameters = new(context);
        PictureTransformOptions options = ReadOptions(parameters);
        topK = parameters.GetInt("top_k", DefaultTopK, 1, MaxTopK);
        foreach (string mistake in options.Validate())
            parameters.AddMistake($"handler.{char.ToLowerInvariant(mistake[0])}{mistake.AsSpan(1).TrimEnd('.')}");
        parameters.RequireCorrect();

        transform = new PictureTransform(options);
        names = ClassNames.Read(context.Folder);
        if (names is null)
            HandlerLog.NoClassNames(context.Logger, context.ModelName);
    }

    public override TorchValue[]? ExampleInputs(int batchSize) => Example(DType.Float32, transform.OutputShape, batchSize);

    // The transform gives every picture the same shape, so that none need be decoded to know it.
    public override object? BatchKey(HandlerRequest request) => null;

    protected override NDArray Decode(HandlerRequest request)
    {
        RequestPart payload = PayloadOf(request);
        if (payload.Content.IsEmpty)
            throw new BadInputException("the request has no body; send a JPEG or PNG picture");

        try
        {
            using Picture picture = PictureDecoder.Decode(payload.Content.Span, transform.Channels, PictureDecoder.DefaultMaxPixels);
            NDArray sample = NDArray.Allocate(DType.Float32, transform.OutputShape);
            try
            {
                transform.Apply(picture, sample.AsSpan<float>());
                return sample;
            }
            catch
            {
                sample.Dispose();
                throw;
            }
        }
        catch (PictureException mistake)
        {
            throw new BadInputException(mistake.Message);
        }
    }

    protected override HandlerAnswer Encode(TorchValue output, int row, int rows, SharedMemory memory)
    {
        if (output is not TorchValue.Tensor { Array: { DType: DType.Float32, Shape: [long n, long classes] } logits } || n != rows || classes == 0)
            throw new UnusableOutputException($"image_classifier needs float32[{rows}, classes] from the module, which returned {Describe(output)}.");

        float[] scores = logits.AsSpan<float>().Slice(row * (int)classes, (int)classes).ToArray();
        SoftMax(scores);
        int[] ranking = new int[scores.Length];
        for (int index = 0; index < ranking.Length; index++)
            ranking[index] = index;
        ranking.AsSpan().Sort((a, b) => scores[a] == scores[b] ? a.CompareTo(b) : scores[b].CompareTo(scores[a]));

        ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = JsonValueWriter.Create(json))
        {
            writer.WriteStartObject();
            HashSet<string> named = new(StringComparer.Ordinal);
            foreach (int index in ranking.AsSpan(0, Math.Min(topK, ranking.Length)))
            {
                string name = names?[index] ?? index.ToString(System.Globalization.CultureInfo.InvariantCulture);
                // Two classes may share a name (ImageNet's cranes do); the likelier one is told.
                if (!named.Add(name))
                    continue;
                writer.WritePropertyName(name);
                JsonValueWriter.WriteFloat(writer, scores[index], isItem: false);
            }

            writer.WriteEndObject();
        }

        return HandlerAnswer.Success(json.WrittenMemory);
    }

    private static PictureTransformOptions ReadOptions(HandlerParameters parameters)
    {
        PictureTransformOptions defaults = new();
        return defaults with
        {
            Resize = parameters.GetSize("resize") ?? defaults.Resize,
            Crop = parameters.GetSize("crop") ?? defaults.Crop,
            Channels = parameters.GetInt("channels", defaults.Channels, 1, 3),
            Mean = parameters.GetNumbers("mean") ?? defaults.Mean,
            Std = parameters.GetNumbers("std") ?? defaults.Std,
        };
    }

    private static void SoftMax(Span<float> scores)
    {
        float largest = TensorPrimitives.Max(scores);
        if (!float.IsFinite(largest))
            throw new UnusableOutputException($"The module returned the logit {largest}, from which no probabilities follow.");
        TensorPrimitives.Subtract(scores, largest, scores);
        TensorPrimitives.Exp(scores, scores);
        TensorPrimitives.Divide(scores, TensorPrimitives.Sum(scores), scores);
    }

    private static string Describe(TorchValue output) => output is TorchValue.Tensor tensor ? tensor.Array.ToString() : $"a {output.GetType().Name.ToLowerInvariant()}";
}
