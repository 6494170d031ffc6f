using System.Text;
using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Text;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// TorchServe's <c>text_classifier</c>: a text in, the probability of each class out, in the classes' order. The text is
/// cleaned and cut into words, and the vocabulary gives the numbers of the words and of pairs of neighbours. The module takes
/// these, int64 [numbers], and int64 [1] with 0, the place where the text begins, as torch's EmbeddingBag does; it returns float32
/// [1, classes] logits. Parameters: see docs/handlers.md.
/// </summary>
/// <remarks>Each text of a batch has a forward of its own: a module need not look at where texts begin.</remarks>
internal sealed class TextClassifierHandler : IModelHandler
{
    private const int DefaultNGrams = 2;
    private const int MostNGrams = 10;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly TextVocabulary vocabulary;
    private readonly ClassNames names;
    private readonly int ngrams;

    public TextClassifierHandler(HandlerContext context)
    {
        HandlerParameters parameters = new(context);
        ngrams = parameters.GetInt("ngrams", DefaultNGrams, 1, MostNGrams);
        parameters.RequireCorrect();
        vocabulary = TextVocabulary.Read(context.Folder);
        names = ClassNames.ReadOrTell(context);
    }

    // Which numbers the module's embedding has is not known.
    public TorchValue[]? ExampleInputs(int batchSize) => null;

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken)
    {
        HandlerAnswer[] answers = new HandlerAnswer[batch.Count];
        for (int i = 0; i < answers.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            answers[i] = Answer(batch[i], module);
        }

        return answers;
    }

    private HandlerAnswer Answer(HandlerRequest request, IScriptModule module)
    {
        try
        {
            long[] numbers = [.. TextTokens.WithNeighbours(TextTokens.Of(TextOf(StackingHandler.PayloadOf(request))), ngrams).Select(word => vocabulary[word])];
            if (numbers.Length == 0)
                throw new BadInputException("the text has no words");
            using NDArray words = NDArray.Copy<long>(numbers, numbers.Length);
            using NDArray begins = NDArray.Copy<long>([0], 1);
            using ForwardResult result = module.Forward(new TorchValue.Tensor(words), new TorchValue.Tensor(begins));
            return Encode(result.Value);
        }
        catch (BadInputException mistake)
        {
            return HandlerAnswer.Failure(PredictionError.BadInput, mistake.Message);
        }
        catch (UnusableOutputException failure)
        {
            return HandlerAnswer.Failure(PredictionError.ModelFailed, failure.Message);
        }
    }

    private static string TextOf(RequestPart payload)
    {
        ReadOnlyMemory<byte> content = payload.Content;
        if (TensorForms.OfMediaType(payload.ContentType) == TensorForm.Json)
            return TextInJson(content);
        try
        {
            return Strict.GetString(content.Span);
        }
        catch (ArgumentException)
        {
            throw new BadInputException("the body is no text in UTF-8");
        }
    }

    private static string TextInJson(ReadOnlyMemory<byte> json)
    {
        if (JsonPieces.FirstOf(json.Span) == (byte)'{')
        {
            List<(string Name, ReadOnlyMemory<byte> Value)> members = JsonPieces.Members(json, most: 100);
            json = members.FirstOrDefault(member => member.Name is "data" or "body").Value;
        }

        return (json.IsEmpty ? null : JsonPieces.Text(json)) ?? throw new BadInputException("the JSON must be a text, or an object that has one as 'data' or 'body'");
    }

    private HandlerAnswer Encode(TorchValue output)
    {
        if (output is not TorchValue.Tensor { Array: { DType: DType.Float32, Shape: [1, long classes] } logits } || classes == 0)
            throw new UnusableOutputException("text_classifier needs float32[1, classes] from the module.");
        float[] scores = logits.AsSpan<float>().ToArray();
        Probabilities.Of(scores);

        // Where classes share a name, the last one's probability stands at the first one's place, as in Python's dictionaries.
        OrderedDictionary<string, float> named = new(StringComparer.Ordinal);
        for (int number = 0; number < scores.Length; number++)
            named[names[number]] = scores[number];

        System.Buffers.ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = JsonValueWriter.Create(json))
        {
            writer.WriteStartObject();
            foreach ((string name, float score) in named)
            {
                writer.WritePropertyName(name);
                JsonValueWriter.WriteFloat(writer, score, isItem: false);
            }

            writer.WriteEndObject();
        }

        return HandlerAnswer.Success(json.WrittenMemory);
    }
}
