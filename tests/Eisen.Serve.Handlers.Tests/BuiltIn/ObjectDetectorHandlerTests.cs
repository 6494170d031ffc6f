using System.Text.Json;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.BuiltIn;

public sealed class ObjectDetectorHandlerTests : IDisposable
{
    private static readonly JsonElement Expected = TorchServeFixtures.Expected("detector");

    private readonly TemporaryFolder folder = new();
    private readonly IScriptModule module = Modules.Load(TorchServeFixtures.PathOf("detector.pt"));

    [Fact]
    public void Handle_EachPicture_GivesPythonsBoxesInOrder()
    {
        IModelHandler handler = Handler();
        foreach (JsonProperty picture in Expected.GetProperty("alone").EnumerateObject())
            ShouldBePythons(handler.Handle([Picture(picture.Name)], module, CancellationToken.None).Single(), picture.Value, label => label);
    }

    [Fact]
    public void Handle_PicturesOfManySizesTogether_GivesPythonsBoxesOfTheBatch()
    {
        HandlerRequest[] requests = [.. Expected.GetProperty("alone").EnumerateObject().Select(picture => Picture(picture.Name))];

        IReadOnlyList<HandlerAnswer> answers = Handler().Handle(requests, module, CancellationToken.None);

        foreach ((HandlerAnswer answer, JsonElement expected) in answers.Zip(Expected.GetProperty("together").EnumerateArray()))
            ShouldBePythons(answer, expected, label => label);
    }

    [Fact]
    public void Handle_ThresholdAndNames_LeavesOutAndNames()
    {
        folder.With(ClassNames.FileName, """{"object_type_names": ["nothing", "lung", "heart", "rib"]}""");
        string[] names = ["nothing", "lung", "heart", "rib"];
        JsonElement[] sure = [.. Expected.GetProperty("alone").GetProperty("landscape.jpg").EnumerateArray().Where(thing => thing.GetProperty("score").GetDouble() >= 0.9)];
        JsonElement expected = JsonSerializer.SerializeToElement(sure);

        HandlerAnswer answer = Handler("""{"threshold": 0.9}""").Handle([Picture("landscape.jpg")], module, CancellationToken.None).Single();

        sure.Length.ShouldBeInRange(1, 49);
        ShouldBePythons(answer, expected, label => names[int.Parse(label)]);
    }

    [Fact]
    public void Handle_ModuleThatTakesOneTensor_StacksPicturesOfOneSize()
    {
        using IScriptModule stacked = Modules.Load(TorchServeFixtures.PathOf("stacked_detector.pt"));

        IReadOnlyList<HandlerAnswer> answers = Handler().Handle([Picture("rgb.png"), Picture("small.png"), Picture("rgb.png")], stacked, CancellationToken.None);

        answers.Select(Compact).ShouldBe(
            ["""[{"1":[0.0,0.0,320.0,240.0],"score":0.75}]""", """[{"1":[0.0,0.0,120.0,90.0],"score":0.75}]""", """[{"1":[0.0,0.0,320.0,240.0],"score":0.75}]"""]);
    }

    [Fact]
    public void Handle_BadRequestsAmongGoodOnes_FailAlone()
    {
        IReadOnlyList<HandlerAnswer> answers = Handler("""{"max_pixels": 100000}""").Handle(
            [Picture("small.png"), Picture("landscape.jpg"), Modules.Request("[[1, 2]]")], module, CancellationToken.None);

        answers[0].Error.ShouldBe(PredictionError.None);
        answers[1].Error.ShouldBe(PredictionError.BadInput);
        answers[1].Message.ShouldContain("more than the 100000");
        answers[2].Message.ShouldBe("a picture as numbers has the shape [3, height, width], not [1, 2]");
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("five")]
    [InlineData("none")]
    public void Handle_ModuleThatIsNoDetector_SaysWhatItNeeds(string fixture)
    {
        using IScriptModule other = Modules.LoadFixture(fixture);

        HandlerAnswer answer = Handler().Handle([Picture("small.png")], other, CancellationToken.None).Single();

        answer.Error.ShouldBe(PredictionError.ModelFailed);
        answer.Message.ShouldContain("boxes float32[things, 4]");
    }

    [Theory]
    [InlineData("""{"threshold": 2}""", "handler.threshold must be a number from 0 to 1, not 2")]
    [InlineData("""{"max_pixels": 0}""", "handler.max_pixels must be a whole number from 1")]
    public void Create_WrongParameters_NamesThem(string parameters, string mistake) =>
        Should.Throw<HandlerConfigurationException>(() => Handler(parameters)).Message.ShouldContain(mistake);

    public void Dispose()
    {
        module.Dispose();
        folder.Dispose();
    }

    private IModelHandler Handler(string parameters = "{}") => BuiltInHandlers.Create("object_detector", Modules.Context(parameters, folder.Path));

    private static HandlerRequest Picture(string name) => Modules.Request(TorchServeFixtures.Picture(name));

    private static string Compact(HandlerAnswer answer) => answer.Text().Replace(" ", "").Replace("\n", "");

    private static void ShouldBePythons(HandlerAnswer answer, JsonElement expected, Func<string, string> name)
    {
        using (answer)
        {
            using JsonDocument json = JsonDocument.Parse(answer.Text());
            json.RootElement.GetArrayLength().ShouldBe(expected.GetArrayLength());
            foreach ((JsonElement thing, JsonElement wanted) in json.RootElement.EnumerateArray().Zip(expected.EnumerateArray()))
            {
                JsonProperty[] members = [.. thing.EnumerateObject()];
                members.Select(member => member.Name).ShouldBe([name(wanted.GetProperty("label").ToString()), "score"]);
                foreach ((JsonElement edge, JsonElement wantedEdge) in members[0].Value.EnumerateArray().Zip(wanted.GetProperty("box").EnumerateArray()))
                    edge.GetDouble().ShouldBe(wantedEdge.GetDouble(), 1);
                members[1].Value.GetDouble().ShouldBe(wanted.GetProperty("score").GetDouble(), 1e-3);
            }
        }
    }
}
