using System.Text.Json;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.BuiltIn;

public sealed class ImageClassifierHandlerTests : IDisposable
{
    // With such numbers a grey picture of 1 x 4 pixels is the input of the fixture's linear module, but for two dimensions.
    private const string Tiny = """{"resize":[1,4],"crop":[1,4],"channels":1,"mean":[0],"std":[1]}""";

    private readonly IScriptModule resnet = Modules.Load(Fixtures.PathOf("resnet/resnet18.pt"));

    [Fact]
    public void Handle_ResNetPictures_GivesPythonsFiveBestInOrder()
    {
        IModelHandler handler = ResNetHandler();
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Fixtures.PathOf("resnet/expected.json")));
        JsonProperty[] pictures = [.. expected.RootElement.GetProperty("pictures").EnumerateObject()];
        pictures.Length.ShouldBeGreaterThan(10);

        foreach (JsonProperty picture in pictures)
            ShouldBeTheFiveBest(handler.Handle([Picture(picture.Name)], resnet, CancellationToken.None).Single(), picture);
    }

    [Fact]
    public void Handle_BatchOfPicturesWithABrokenOne_AnswersTheOthers()
    {
        IModelHandler handler = ResNetHandler();
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Fixtures.PathOf("resnet/expected.json")));
        JsonElement pictures = expected.RootElement.GetProperty("pictures");
        byte[] truncated = File.ReadAllBytes(Fixtures.PathOf("resnet/pictures/rgb.png"))[..2000];

        IReadOnlyList<HandlerAnswer> answers = handler.Handle(
            [Picture("landscape.jpg"), Modules.Request(truncated), Picture("grey-alpha.png"), Modules.Request("GIF89a..."), Modules.Request("")], resnet, CancellationToken.None);

        ShouldBeTheFiveBest(answers[0], pictures.EnumerateObject().Single(picture => picture.Name == "landscape.jpg"));
        ShouldBeTheFiveBest(answers[2], pictures.EnumerateObject().Single(picture => picture.Name == "grey-alpha.png"));
        answers[1].Error.ShouldBe(PredictionError.BadInput);
        answers[3].Error.ShouldBe(PredictionError.BadInput);
        answers[3].Message.ShouldContain("a GIF");
        answers[4].Error.ShouldBe(PredictionError.BadInput);
        answers[4].Message.ShouldBe("the request has no body; send a JPEG or PNG picture");
    }

    [Fact]
    public void Handle_TwoClassesWithOneName_TellsTheLikelierOne()
    {
        using TemporaryFolder folder = new();
        string[] names = [.. Enumerable.Range(0, 1000).Select(index => index < 500 ? "crane" : "other")];
        folder.With(ClassNames.FileName, JsonSerializer.Serialize(new { object_type_names = names }));
        IModelHandler handler = BuiltInHandlers.Create("image_classifier", Modules.Context("""{"top_k":1000}""", folder.Path));

        using JsonDocument answer = JsonDocument.Parse(handler.Handle([Picture("landscape.jpg")], resnet, CancellationToken.None).Single().Text());

        answer.RootElement.EnumerateObject().Select(score => score.Name).Order().ShouldBe(["crane", "other"]);
    }

    [Fact]
    public void Handle_WithoutClassNames_NumbersTheClasses()
    {
        CollectingLogger<HandlerContext> logger = new();
        using TemporaryFolder folder = new();
        IModelHandler handler = BuiltInHandlers.Create("image_classifier", Modules.Context("""{"top_k":3}""", folder.Path) with { Logger = logger });

        using JsonDocument answer = JsonDocument.Parse(handler.Handle([Picture("landscape.jpg")], resnet, CancellationToken.None).Single().Text());

        answer.RootElement.EnumerateObject().Count().ShouldBe(3);
        answer.RootElement.EnumerateObject().ShouldAllBe(score => int.Parse(score.Name) < 1000);
        logger.Messages.Single().ShouldContain("no index_to_name.json");
    }

    [Theory]
    [InlineData("identity", "float32[1, 1, 1, 4]")]
    [InlineData("none", "a none")]
    [InlineData("five", "a tuple")]
    [InlineData("counts_grad", "a bool")]
    public void Handle_ModuleThatIsNoClassifier_SaysWhatItReturned(string module, string returned)
    {
        using IScriptModule loaded = Modules.LoadFixture(module);
        IModelHandler handler = BuiltInHandlers.Create("image_classifier", Modules.Context(Tiny));

        HandlerAnswer answer = handler.Handle([Modules.Request(GreyPng.Encode([1, 2, 3, 4], width: 4))], loaded, CancellationToken.None).Single();

        answer.Error.ShouldBe(PredictionError.ModelFailed);
        answer.Message.ShouldContain(returned);
        answer.Message.ShouldContain("classes]");
    }

    [Fact]
    public void WarmUp_ModuleForAnotherInput_ThrowsTorchsText()
    {
        IModelHandler handler = BuiltInHandlers.Create("image_classifier", Modules.Context(Tiny));

        Should.Throw<TorchException>(() => handler.WarmUp(resnet)).Message.ShouldContain("channels");
    }

    public void Dispose() => resnet.Dispose();

    private static IModelHandler ResNetHandler() => BuiltInHandlers.Create("image_classifier", Modules.Context("{}", Fixtures.PathOf("resnet")));

    private static HandlerRequest Picture(string name) => Modules.Request(File.ReadAllBytes(Fixtures.PathOf("resnet/pictures/" + name)));

    private static void ShouldBeTheFiveBest(HandlerAnswer answer, JsonProperty expected)
    {
        using JsonDocument json = JsonDocument.Parse(answer.Text());
        JsonProperty[] scores = [.. json.RootElement.EnumerateObject()];

        scores.Select(score => score.Name).ShouldBe(expected.Value.EnumerateArray().Select(best => best[0].GetString()!), expected.Name);
        foreach ((JsonProperty score, JsonElement best) in scores.Zip(expected.Value.EnumerateArray()))
            score.Value.GetDouble().ShouldBe(best[1].GetDouble(), 1e-4, expected.Name);
    }
}
