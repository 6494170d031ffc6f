using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// TorchServe's <c>object_detector</c>: a picture in, what is to be seen in it out: for each thing its class with its box, in
/// pixels, and its score. The picture keeps its size; its samples become numbers from 0 to 1. The module takes a list of
/// float32 [3, height, width], as torchvision's detectors do, and a batch may have pictures of any sizes; or one float32
/// [N, 3, height, width]. It returns a list with a dictionary for each picture, or a tuple whose last item is one:
/// <c>boxes</c> float32 [things, 4], <c>labels</c> int64 [things], <c>scores</c> float32 [things]. Parameters: see docs/handlers.md.
/// </summary>
internal sealed class ObjectDetectorHandler : IModelHandler
{
    private const int Channels = 3;
    private const int DefaultMaxPixels = 1 << 25;
    private const double DefaultThreshold = 0.5;

    private readonly float threshold;
    private readonly int maxPixels;
    private readonly ClassNames names;

    // The module's signature is told by its first worker, and is the same for all of them.
    private volatile string? inputType;

    public ObjectDetectorHandler(HandlerContext context)
    {
        HandlerParameters parameters = new(context);
        threshold = (float)parameters.GetNumber("threshold", DefaultThreshold, 0, 1);
        maxPixels = parameters.GetInt("max_pixels", DefaultMaxPixels, 1, (int)PictureDecoder.DefaultMaxPixels);
        parameters.RequireCorrect();
        names = ClassNames.ReadOrTell(context);
    }

    // Pictures have no usual size.
    public TorchValue[]? ExampleInputs(int batchSize) => null;

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken)
    {
        HandlerAnswer[] answers = new HandlerAnswer[batch.Count];
        List<(int Index, NDArray Picture)> pictures = [];
        try
        {
            for (int i = 0; i < batch.Count; i++)
            {
                try
                {
                    pictures.Add((i, Decode(batch[i])));
                }
                catch (BadInputException mistake)
                {
                    answers[i] = HandlerAnswer.Failure(PredictionError.BadInput, mistake.Message);
                }
            }

            inputType ??= module.Describe().Parameters is [var first, ..] ? first.Type : "";
            bool takesList = inputType.StartsWith("List", StringComparison.Ordinal) || inputType.EndsWith("[]", StringComparison.Ordinal);
            foreach (IGrouping<string?, (int Index, NDArray Picture)> together in pictures.GroupBy(each => takesList ? null : each.Picture.ToString()))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Run([.. together], takesList, module, answers);
            }

            return answers;
        }
        catch
        {
            HandlerAnswer.DisposeAll(answers);
            throw;
        }
        finally
        {
            pictures.ForEach(each => each.Picture.Dispose());
        }
    }

    private NDArray Decode(HandlerRequest request) => PictureRequest.Decode(StackingHandler.PayloadOf(request), Channels, file =>
    {
        using Picture picture = PictureDecoder.Decode(file.Span, Channels, maxPixels);
        return PictureRequest.Filled([Channels, picture.Height, picture.Width], array =>
        {
            Span<float> numbers = array.AsSpan<float>();
            ReadOnlySpan<byte> samples = picture.Pixels;
            int pixels = picture.Height * picture.Width;
            for (int channel = 0; channel < Channels; channel++)
            {
                Span<float> plane = numbers.Slice(channel * pixels, pixels);
                for (int pixel = 0, from = channel; pixel < plane.Length; pixel++, from += Channels)
                    plane[pixel] = samples[from] / 255f;
            }
        });
    });

    private void Run((int Index, NDArray Picture)[] pictures, bool takesList, IScriptModule module, HandlerAnswer[] answers)
    {
        using NDArray? stacked = takesList ? null : Stack(pictures);
        TorchValue input = stacked is null
            ? new TorchValue.List([.. pictures.Select(each => new TorchValue.Tensor(each.Picture))])
            : new TorchValue.Tensor(stacked);
        using ForwardResult result = module.Forward(input);
        IReadOnlyList<TorchValue>? found = (result.Value is TorchValue.Tuple { Items: [.., var last] } ? last : result.Value) is TorchValue.List list ? list.Items : null;
        for (int i = 0; i < pictures.Length; i++)
        {
            try
            {
                answers[pictures[i].Index] = found?.Count == pictures.Length ? Encode(found[i]) : throw Unusable();
            }
            catch (UnusableOutputException failure)
            {
                answers[pictures[i].Index] = HandlerAnswer.Failure(PredictionError.ModelFailed, failure.Message);
            }
        }
    }

    private static NDArray Stack((int Index, NDArray Picture)[] pictures)
    {
        NDArray first = pictures[0].Picture;
        long[] shape = [pictures.Length, .. first.Shape];
        if (!NDArray.Fits(first.DType, shape))
            throw new TorchException("A batch of pictures takes more than 2 GiB.", TorchDevice.Cpu);
        return PictureRequest.Filled(shape, array =>
        {
            for (int i = 0; i < pictures.Length; i++)
                pictures[i].Picture.Memory.CopyTo(array.Memory[(i * first.Memory.Length)..]);
        });
    }

    private HandlerAnswer Encode(TorchValue things)
    {
        if (things is not TorchValue.Dict dict
            || Outputs.Find(dict, "boxes") is not { DType: DType.Float32, Shape: [long count, 4] } boxes
            || Outputs.Find(dict, "labels") is not { DType: DType.Int64, Shape: [long labelCount] } labels
            || Outputs.Find(dict, "scores") is not { DType: DType.Float32, Shape: [long scoreCount] } scores
            || labelCount != count || scoreCount != count)
            throw Unusable();

        return WrittenAnswer.Make(dict, (json, _) =>
        {
            using Utf8JsonWriter writer = JsonValueWriter.Create(json);
            writer.WriteStartArray();
            for (int i = 0; i < count; i++)
            {
                if (scores.AsSpan<float>()[i] >= threshold)
                    Write(writer, names[labels.AsSpan<long>()[i]], boxes.AsSpan<float>().Slice(4 * i, 4), scores.AsSpan<float>()[i]);
            }

            writer.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, string name, ReadOnlySpan<float> box, float score)
    {
        const string ScoreName = "score";
        json.WriteStartObject();
        // As in TorchServe's dictionary, the score takes the place of a class of that name.
        if (name != ScoreName)
        {
            json.WriteStartArray(name);
            foreach (float edge in box)
                JsonValueWriter.WriteFloat(json, edge, isItem: true);
            json.WriteEndArray();
        }

        json.WritePropertyName(ScoreName);
        JsonValueWriter.WriteFloat(json, score, isItem: false);
        json.WriteEndObject();
    }

    private static UnusableOutputException Unusable() => new(
        "object_detector needs a list with a dictionary for each picture from the module, or a tuple that ends with it: boxes float32[things, 4], labels int64[things], scores float32[things].");
}
