using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>Which engine runs, and what the server says of it.</summary>
public sealed class EngineTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose()
    {
        place.Stop();
        place.Dispose();
    }

    [Fact]
    public async Task Start_Auto_TakesLibtorchAndSaysSo()
    {
        place.Start().ExitCode.ShouldBe(0);

        await ShouldBeToldAsync("libtorch");
    }

    [TorchSharpFact]
    public async Task Predict_OnTorchSharp_EqualsPython()
    {
        place.Configure("torch_engine=torchsharp");
        place.AddToStore(Archives.Digits);
        place.StartWith("digits.mar");

        await ShouldBeToldAsync("torchsharp");
        using JsonDocument heldOut = JsonDocument.Parse(File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, "model_zoo", "digits", "heldout.json")));
        foreach (JsonElement image in heldOut.RootElement.GetProperty("images").EnumerateArray().Take(50))
        {
            byte[] pixels = [.. image.GetProperty("pixels").EnumerateArray().Select(pixel => pixel.GetByte())];
            using HttpResponseMessage response = await place.Inference.PostAsync("predictions/digits", new ByteArrayContent(GreyPng.Encode(pixels, width: 8)));
            using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

            foreach (JsonProperty score in answer.RootElement.EnumerateObject())
                score.Value.GetDouble().ShouldBe(image.GetProperty("scores")[int.Parse(score.Name)].GetDouble(), 1e-5);
        }
    }

    [Fact]
    public void Start_EngineThatIsNone_IsAMistake()
    {
        place.Configure("torch_engine=tensorflow");

        place.Start().Errors.ShouldContain("torch_engine must be auto or libtorch or torchsharp");
    }

    private async Task ShouldBeToldAsync(string engine)
    {
        using JsonDocument server = JsonDocument.Parse(await place.Management.GetStringAsync("/"));
        JsonElement told = server.RootElement.GetProperty("engine");
        told.GetProperty("name").GetString().ShouldBe(engine);
        told.GetProperty("devices")[0].GetString().ShouldBe("cpu");
        place.Log.ShouldContain($"Torch engine: {engine} {told.GetProperty("version").GetString()}; devices: cpu");
    }
}
