using System.Buffers;
using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// TorchServe's <c>image_classifier</c>: a picture in, the most likely classes with their probabilities out. A JPEG or PNG
/// picture is resized, cropped and normalised as TorchServe does with Pillow and torchvision; the module takes float32
/// [N, channels, crop height, crop width] and returns [N, classes] logits, which the softmax turns into probabilities. Parameters: see docs/handlers.md.
/// </summary>
internal sealed class ImageClassifierHandler : StackingHandler
{
    private const int DefaultTopK = 5;
    private const int MaxTopK = 100_000;

    private readonly PictureInput input;
    private readonly int topK;
    private readonly ClassNames names;
    private readonly PictureExplanation explanation;

    public ImageClassifierHandler(HandlerContext context)
    {
        HandlerParameters parameters = new(context);
        PictureTransformOptions options = PictureInput.ReadOptions(parameters);
        topK = parameters.GetInt("top_k", DefaultTopK, 1, MaxTopK);
        OcclusionOptions explanations = OcclusionOptions.Read(parameters);
        parameters.RequireCorrect();

        input = new PictureInput(options);
        explanation = new PictureExplanation(input, explanations);
        names = ClassNames.ReadOrTell(context);
    }

    public override TorchValue[]? ExampleInputs(int batchSize) => Example(DType.Float32, input.Shape, batchSize);

    // The transform gives every picture the same shape, so that none need be decoded to know it.
    public override object? BatchKey(HandlerRequest request) => null;

    public override HandlerAnswer Explain(HandlerRequest request, IScriptModule module, IReadOnlyList<IScriptModule> furtherModules, CancellationToken cancellationToken) =>
        explanation.Explain(request, DecodedOf(request), module, cancellationToken);

    protected override NDArray Decode(HandlerRequest request) => input.Decode(PayloadOf(request));

    protected override HandlerAnswer Encode(TorchValue output, int row, int rows, ForwardResult memory)
    {
        if (output is not TorchValue.Tensor { Array: { DType: DType.Float32, Shape: [long n, long classes] } logits } || n != rows || classes == 0)
            throw new UnusableOutputException($"image_classifier needs float32[{rows}, classes] from the module, which returned {Outputs.Describe(output)}.");

        float[] scores = logits.AsSpan<float>().Slice(row * (int)classes, (int)classes).ToArray();
        Probabilities.Of(scores);
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
                string name = names[index];
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
}
