using System.IO.Compression;
using System.Text.Json;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.BuiltIn;

/// <summary>The held-out pictures of the model zoo's digits, against what Python answers for each.</summary>
public sealed class DigitsTests : IDisposable
{
    // As model_zoo/digits/model-config.yaml has it.
    private const string Parameters = """{"resize":8,"crop":8,"channels":1,"mean":[0.5],"std":[0.5],"top_k":10}""";

    private static readonly HeldOut[] Pictures = JsonSerializer.Deserialize<HeldOutFile>(
        File.ReadAllBytes(Path.Combine(Zoo, "digits", "heldout.json")), JsonSerializerOptions.Web)!.Images;

    private readonly TemporaryFolder folder = new();
    private readonly IScriptModule module;
    private readonly IModelHandler handler = BuiltInHandlers.Create("image_classifier", Modules.Context(Parameters));

    public DigitsTests()
    {
        using ZipArchive archive = ZipFile.OpenRead(Path.Combine(Zoo, "digits.mar"));
        string path = Path.Combine(folder.Path, "digits.pt");
        archive.GetEntry("digits.pt")!.ExtractToFile(path);
        module = Modules.Load(path);
        handler.WarmUp(module);
    }

    private static string Zoo => Path.Combine(Fixtures.RepositoryRoot, "model_zoo");

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Handle_EveryHeldOutPicture_GivesPythonsScores(int batchSize)
    {
        Pictures.Length.ShouldBe(297);
        foreach (HeldOut[] batch in Pictures.Chunk(batchSize))
        {
            HandlerRequest[] requests = [.. batch.Select(picture => Modules.Request(GreyPng.Encode([.. picture.Pixels.Select(pixel => (byte)pixel)], width: 8)))];
            IReadOnlyList<HandlerAnswer> answers = handler.Handle(requests, module, CancellationToken.None);

            answers.Count.ShouldBe(batch.Length);
            foreach ((HeldOut picture, HandlerAnswer answer) in batch.Zip(answers))
            {
                using JsonDocument json = JsonDocument.Parse(answer.Text());
                JsonProperty[] scores = [.. json.RootElement.EnumerateObject()];
                scores.Length.ShouldBe(10);
                scores[0].Name.ShouldBe($"{picture.Predicted}");
                foreach (JsonProperty score in scores)
                    score.Value.GetDouble().ShouldBe(picture.Scores[int.Parse(score.Name, System.Globalization.CultureInfo.InvariantCulture)], 1e-5);
            }
        }
    }

    public void Dispose()
    {
        module.Dispose();
        folder.Dispose();
    }

    private sealed record HeldOutFile(HeldOut[] Images);

    private sealed record HeldOut(int[] Pixels, int Predicted, double[] Scores);
}
