using System.Text;
using System.Text.Json;
using Eisen.Serve.Handlers.Text;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.BuiltIn;

public sealed class TextClassifierHandlerTests : IDisposable
{
    private static readonly JsonElement Expected = TorchServeFixtures.Expected("text");

    private readonly TemporaryFolder folder = new();
    private readonly IScriptModule module = Modules.Load(TorchServeFixtures.PathOf("text.pt"));

    [Theory]
    [InlineData("torchtext-old")]
    [InlineData("torchtext-new")]
    public void Handle_Texts_GivesPythonsScores(string vocabulary)
    {
        folder.With(ClassNames.FileName, """{"0": "healthy", "1": "ill", "2": "unknown"}""");
        IModelHandler handler = Handler(vocabulary);
        JsonElement[] texts = [.. Expected.GetProperty("texts").EnumerateArray()];

        IReadOnlyList<HandlerAnswer> answers = handler.Handle([.. texts.Select(text => Modules.Request(text.GetProperty("text").GetString()!))], module, CancellationToken.None);

        foreach ((JsonElement text, HandlerAnswer answer) in texts.Zip(answers))
        {
            using JsonDocument json = JsonDocument.Parse(answer.Text());
            json.RootElement.EnumerateObject().Select(score => score.Name).ShouldBe(["healthy", "ill", "unknown"]);
            foreach ((JsonProperty score, JsonElement wanted) in json.RootElement.EnumerateObject().Zip(text.GetProperty("scores").EnumerateArray()))
                score.Value.GetDouble().ShouldBe(wanted.GetDouble(), 1e-5);
        }
    }

    [Theory]
    [InlineData("dict", true)]
    [InlineData("ordered", true)]
    [InlineData("legacy", true)]
    [InlineData("pickle", true)]
    [InlineData("default", false)]
    [InlineData("counter", false)]
    public void Handle_UnknownWord_FailsWhereNoNumberIsForIt(string vocabulary, bool fails)
    {
        HandlerAnswer answer = Handler(vocabulary).Handle([Modules.Request("the brain"), Modules.Request("zebra")], module, CancellationToken.None)[1];

        answer.Error.ShouldBe(fails ? PredictionError.BadInput : PredictionError.None);
        if (fails)
            answer.Message.ShouldBe("the model's vocabulary has no word 'zebra', and no number for unknown words");
    }

    [Theory]
    [InlineData("application/json", "\"The brain\"")]
    [InlineData("application/json; charset=utf-8", "{\"data\": \"the br\\u0061in\"}")]
    [InlineData("text/plain", "the brain")]
    [InlineData(null, "the <i>brain</i>")]
    public void Handle_TextInEachForm_IsTheSame(string? type, string body)
    {
        IModelHandler handler = Handler("dict");
        string plain = handler.Handle([Modules.Request("the brain")], module, CancellationToken.None).Single().Text();

        handler.Handle([new HandlerRequest([new RequestPart("body", type, Encoding.UTF8.GetBytes(body))])], module, CancellationToken.None).Single().Text().ShouldBe(plain);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE }, "the body is no text in UTF-8")]
    [InlineData(new byte[] { (byte)'!' }, "the text has no words")]
    [InlineData(new byte[0], "the text has no words")]
    public void Handle_NoText_SaysSo(byte[] body, string message)
    {
        HandlerAnswer answer = Handler("dict").Handle([Modules.Request(body)], module, CancellationToken.None).Single();

        answer.Error.ShouldBe(PredictionError.BadInput);
        answer.Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("code", "'source_vocab.pt' holds 'posix.system', which is Python code that is not run here")]
    [InlineData("list", "'source_vocab.pt' holds no vocabulary")]
    public void Create_VocabularyThatIsNone_SaysSo(string vocabulary, string message) =>
        Should.Throw<HandlerConfigurationException>(() => Handler(vocabulary)).Message.ShouldStartWith(message);

    [Fact]
    public void Create_WithoutVocabulary_SaysSo() =>
        Should.Throw<HandlerConfigurationException>(() => BuiltInHandlers.Create("text_classifier", Modules.Context(folder: folder.Path)))
            .Message.ShouldBe("'source_vocab.pt' is not in the archive; text_classifier needs the model's vocabulary in it");

    [Fact]
    public void Create_ManifestNamesTheVocabulary_ReadsThat()
    {
        Directory.CreateDirectory(Path.Combine(folder.Path, "MAR-INF"));
        folder.With("MAR-INF/MANIFEST.json", """{"model": {"sourceVocab": "words.pt"}}""");
        File.Copy(TorchServeFixtures.PathOf("vocab-dict.pt"), Path.Combine(folder.Path, "words.pt"));

        BuiltInHandlers.Create("text_classifier", Modules.Context(folder: folder.Path)).ShouldNotBeNull();
    }

    [Fact]
    public void Create_VocabularyCutOffAnywhereOrChanged_IsRefusedOrRead()
    {
        byte[] whole = File.ReadAllBytes(TorchServeFixtures.PathOf("vocab-pickle.pt"));
        Random random = new(8);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
            foreach (byte[] content in new[] { whole[..i], changed })
            {
                File.WriteAllBytes(Path.Combine(folder.Path, "source_vocab.pt"), content);
                try
                {
                    TextVocabulary.Read(folder.Path).Count.ShouldBeGreaterThan(0);
                }
                catch (HandlerConfigurationException refused)
                {
                    refused.Message.ShouldNotContain("\n");
                }
            }
        }
    }

    [Fact]
    public void Create_VocabularyThatCopiesOneDictionaryAgainAndAgain_IsRefused()
    {
        List<byte> pickle = [0x80, 2, .. "ccollections\nOrderedDict\nq\0}q\u0001("u8];
        for (int i = 0; i < 5000; i++)
            pickle.AddRange([(byte)'M', (byte)i, (byte)(i >> 8), (byte)'K', 1]);
        pickle.Add((byte)'u');
        for (int i = 0; i < 10_000; i++)
            pickle.AddRange([(byte)'h', 0, (byte)'h', 1, 0x85, (byte)'R']);
        ShouldBeTooMuch([.. pickle, (byte)'.']);
    }

    [Fact]
    public void Create_VocabularyOfDictionariesOnly_IsRefused() => ShouldBeTooMuch([.. Enumerable.Repeat((byte)'}', 6_000_000), (byte)'.']);

    [Fact]
    public void Tokens_OfTexts_ArePythons()
    {
        foreach (JsonElement text in Expected.GetProperty("texts").EnumerateArray())
            TextTokens.Of(text.GetProperty("text").GetString()!).ShouldBe(text.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!));
    }

    [Fact]
    public void PlainLetters_OfAccentedLetters_ArePythons()
    {
        foreach (JsonProperty letter in Expected.GetProperty("plain").EnumerateObject())
            PlainLetters.Of(letter.Name).ShouldBe(letter.Value.GetString(), letter.Name);
    }

    public void Dispose()
    {
        module.Dispose();
        folder.Dispose();
    }

    private void ShouldBeTooMuch(byte[] pickle)
    {
        File.WriteAllBytes(Path.Combine(folder.Path, "source_vocab.pt"), pickle);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Should.Throw<HandlerConfigurationException>(() => TextVocabulary.Read(folder.Path)).Message.ShouldStartWith("'source_vocab.pt' makes or copies more than");

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(800L << 20);
    }

    private IModelHandler Handler(string vocabulary)
    {
        File.Copy(TorchServeFixtures.PathOf($"vocab-{vocabulary}.pt"), Path.Combine(folder.Path, "source_vocab.pt"), overwrite: true);
        return BuiltInHandlers.Create("text_classifier", Modules.Context(folder: folder.Path));
    }
}
