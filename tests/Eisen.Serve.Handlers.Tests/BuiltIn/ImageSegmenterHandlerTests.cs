using System.Runtime.InteropServices;
using System.Text.Json;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.BuiltIn;

public sealed class ImageSegmenterHandlerTests : IDisposable
{
    private readonly IScriptModule module = Modules.Load(TorchServeFixtures.PathOf("segmenter.pt"));
    private readonly IModelHandler handler = BuiltInHandlers.Create("image_segmenter", Modules.Context());

    [Fact]
    public void Handle_PicturesOfManySizesTogether_GivesPythonsClassOfEachPixel()
    {
        string[] names = [.. TorchServeFixtures.Expected("segmenter").EnumerateObject().Select(picture => picture.Name)];
        names.Length.ShouldBeGreaterThan(3);

        IReadOnlyList<HandlerAnswer> answers = handler.Handle([.. names.Select(name => Modules.Request(TorchServeFixtures.Picture(name)))], module, CancellationToken.None);

        foreach ((string name, HandlerAnswer answer) in names.Zip(answers))
            ShouldBePythons(answer, name);
    }

    [Fact]
    public void Handle_BrokenPictureAmongOthers_FailsAlone()
    {
        IReadOnlyList<HandlerAnswer> answers = handler.Handle(
            [Modules.Request(TorchServeFixtures.Picture("rgb.png")), Modules.Request("GIF89a...")], module, CancellationToken.None);

        ShouldBePythons(answers[0], "rgb.png");
        answers[1].Error.ShouldBe(PredictionError.BadInput);
    }

    [Fact]
    public void Handle_ModuleThatIsNoSegmenter_SaysWhatItNeeds()
    {
        using IScriptModule none = Modules.LoadFixture("none");

        HandlerAnswer answer = handler.Handle([Modules.Request(TorchServeFixtures.Picture("rgb.png"))], none, CancellationToken.None).Single();

        answer.Error.ShouldBe(PredictionError.ModelFailed);
        answer.Message.ShouldContain("needs a dictionary with 'out'");
    }

    public void Dispose() => module.Dispose();

    private static void ShouldBePythons(HandlerAnswer answer, string name)
    {
        byte[] classes = File.ReadAllBytes(TorchServeFixtures.PathOf(name + ".classes"));
        float[] scores = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(TorchServeFixtures.PathOf(name + ".scores"))).ToArray();
        using (answer)
        {
            using JsonDocument json = JsonDocument.Parse(answer.Text());
            json.RootElement.GetArrayLength().ShouldBe(224);
            int pixel = 0;
            int others = 0;
            foreach (JsonElement pair in json.RootElement.EnumerateArray().SelectMany(row => row.EnumerateArray()))
            {
                // Where two classes are as good as equal, a batch may decide otherwise than a picture alone.
                others += pair[0].GetDouble() == classes[pixel] ? 0 : 1;
                pair[1].GetDouble().ShouldBe(scores[pixel++], 1e-3);
            }

            pixel.ShouldBe(classes.Length);
            others.ShouldBeLessThan(10);
        }
    }
}
