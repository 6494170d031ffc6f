using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Eisen.Serve.Client;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>What the model zoo's Eisen models answer to what they have not seen in their training.</summary>
public sealed class ModelZooTests : IDisposable
{
    private static readonly string Zoo = Path.Combine(Fixtures.RepositoryRoot, "model_zoo");

    private readonly Workplace place = new();

    public ModelZooTests()
    {
        string[] models = ["volume-segmenter.mar", "tabular-risk.mar"];
        foreach (string model in models)
            place.AddToStore(Path.Combine(Zoo, model));
        place.StartWith(models);
    }

    public void Dispose()
    {
        place.Stop();
        place.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task VolumeSegmenter_HeldOutVolume_ComesBackAsMaskInItsPlace(int sample)
    {
        string samples = Path.Combine(Zoo, "volume-segmenter", "samples");
        using MultipartFormDataContent form = new() { { new ByteArrayContent(File.ReadAllBytes(Path.Combine(samples, $"{sample}.nii.gz"))), "image", "volume.nii.gz" } };
        using HttpRequestMessage request = new(HttpMethod.Post, "predictions/volume-segmenter") { Content = form };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/octet-stream"));

        using HttpResponseMessage response = await place.Inference.SendAsync(request);

        response.IsSuccessStatusCode.ShouldBeTrue(await response.Content.ReadAsStringAsync());
        string answer = Path.Combine(place.Folder, "mask.nii.gz");
        File.WriteAllBytes(answer, await response.Content.ReadAsByteArrayAsync());
        CommandResult comparison = place.RunCommand(
            "/usr/bin/python3", "/", Path.Combine(Fixtures.RepositoryRoot, "tests", "fixtures", "compare_masks.py"), answer, Path.Combine(samples, $"{sample}-truth.nii.gz"));
        comparison.ExitCode.ShouldBe(0, comparison.ToString());
        JsonElement found = JsonElement.Parse(comparison.Output);
        double python = JsonElement.Parse(File.ReadAllText(Path.Combine(Zoo, "volume-segmenter", "heldout.json"))).GetProperty("dice")[sample].GetDouble();
        found.GetProperty("dice").GetDouble().ShouldBe(python, 1e-3);
        found.GetProperty("dice").GetDouble().ShouldBeGreaterThan(0.9);
        found.GetProperty("values").EnumerateArray().Select(value => value.GetInt32()).ShouldBe([0, 1]);
        found.GetProperty("sameAffine").GetBoolean().ShouldBeTrue();
        found.GetProperty("different").EnumerateArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task VolumeSegmenter_FromTheClient_TakesAndGivesFiles()
    {
        byte[] volume = File.ReadAllBytes(Path.Combine(Zoo, "volume-segmenter", "samples", "0.nii.gz"));
        using EisenServingClient client = new(new Uri(place.Inference.BaseAddress!, "predictions/volume-segmenter"), validateInputs: true);
        using FieldDictionary inputs = new();
        inputs["image"] = new FieldValue.Bytes(volume);

        using FieldDictionary outputs = await client.PredictAsync(inputs);

        outputs["mask"].ShouldBeOfType<FieldValue.Bytes>().Content.Span[..2].ToArray().ShouldBe([0x1f, 0x8b], "it is gzip'd");
    }

    [Fact]
    public async Task TabularRisk_HeldOutRows_AreAnsweredAsByPython()
    {
        JsonElement heldOut = JsonElement.Parse(File.ReadAllText(Path.Combine(Zoo, "tabular-risk", "heldout.json")));

        using HttpResponseMessage response = await place.Inference.PostAsJsonAsync("predictions/tabular-risk", heldOut.GetProperty("inputs"));

        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        foreach (string output in (string[])["risk", "contributions"])
        {
            double[] given = Flat(answer.GetProperty(output));
            double[] expected = Flat(heldOut.GetProperty("outputs").GetProperty(output));
            given.Length.ShouldBe(expected.Length);
            given.Zip(expected).ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) < 1e-5);
        }

        int[] malignant = [.. heldOut.GetProperty("malignant").EnumerateArray().Select(value => value.GetInt32())];
        Flat(answer.GetProperty("risk")).Zip(malignant).Count(pair => pair.First > 0.5 == (pair.Second == 1)).ShouldBeGreaterThan((int)(0.95 * malignant.Length));
    }

    private static double[] Flat(JsonElement rows) => [.. rows.EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(value => value.GetDouble())];
}
