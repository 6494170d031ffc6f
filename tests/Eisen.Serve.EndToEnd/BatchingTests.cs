using System.Net;
using System.Text.Json;

namespace Eisen.Serve.EndToEnd;

/// <summary>Requests that share a forward.</summary>
public sealed class BatchingTests : IDisposable
{
    private const int BatchSize = 8;
    private const int HoldsUntilFull = 60_000; // milliseconds of delay; nobody waits for so long

    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Batch_FullOne_IsOneForwardAndEachGetsItsOwn()
    {
        // Adds the number of its calls so far: that one call answered all of them shows in the answers.
        place.StartWith(place.Pack("counts", config: Batched(HoldsUntilFull)));

        float[] answers = await AskTogetherAsync("counts", [.. Enumerable.Range(0, BatchSize).Select(i => $"[{i}]")]);

        float calls = answers[0];
        answers.ShouldBe(Enumerable.Range(0, BatchSize).Select(i => i + calls));
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Batch_OneThatRaises_FailsAlone()
    {
        place.StartWith(place.Pack("picky", config: Batched(HoldsUntilFull)));

        (HttpStatusCode Status, string Text)[] answers = await place.AskTogetherAsync("picky", ["[1]", "[2]", "[-3]", "[4]", "[5]", "[6]", "[7]", "[8]"]);

        answers[2].Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answers[2].Text.ShouldContain("Prediction failed");
        answers.Where((_, i) => i != 2).Select(answer => FirstNumber(answer.Text)).ShouldBe([2, 4, 8, 10, 12, 14, 16]);
        place.Log.ShouldContain("a negative number");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Batch_LoneRequest_IsAnsweredAtOnce()
    {
        place.StartWith(place.Pack("double", config: Batched(5000)));

        for (int i = 0; i < 3; i++)
            (await place.AskAsync("double", "[3]", "4s")).ShouldBe((HttpStatusCode.OK, "[\n  6.0\n]"));

        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Burst_DifferentInputsAndShapes_EqualsUnbatchedAnswers()
    {
        Archives.Pack(Path.Combine(place.ModelStore, "single.mar"), "single", "modules/encoder.pt", "tensor");
        Archives.Pack(Path.Combine(place.ModelStore, "batched.mar"), "batched", "modules/encoder.pt", "tensor", $"{Batched(20)}handler:\n  input_shape: [1, 3, 4]\n");
        place.StartWith("single.mar", "batched.mar");
        Random random = new(0);
        RawTensor[] inputs = [.. Enumerable.Range(0, 96).Select(i => Noise(random, rows: 1 + i % 2, length: 1 + i % 5))];
        List<float[]> expected = [];
        foreach (RawTensor input in inputs)
            expected.Add((await input.AskAsync(place.Inference, "single")).Tensor.Floats);

        (HttpStatusCode Status, RawTensor Tensor, string Text)[] answers = await Task.WhenAll(inputs.Select(input => input.AskAsync(place.Inference, "batched")));

        for (int i = 0; i < inputs.Length; i++)
        {
            answers[i].Status.ShouldBe(HttpStatusCode.OK);
            answers[i].Tensor.Shape.ShouldBe(inputs[i].Shape);
            answers[i].Tensor.Floats.ShouldBe(expected[i], 1e-5);
        }

        place.Stop().ExitCode.ShouldBe(0);
    }

    private static string Batched(int delay) => $"batchSize: {BatchSize}\nmaxBatchDelay: {delay}\n";

    private static RawTensor Noise(Random random, int rows, int length) =>
        RawTensor.Of($"{rows},{length},4", [.. Enumerable.Range(0, rows * length * 4).Select(_ => random.NextSingle())]);

    private async Task<float[]> AskTogetherAsync(string model, string[] bodies)
    {
        (HttpStatusCode Status, string Text)[] answers = await place.AskTogetherAsync(model, bodies);
        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        return [.. answers.Select(answer => FirstNumber(answer.Text))];
    }

    private static float FirstNumber(string json)
    {
        using JsonDocument answer = JsonDocument.Parse(json);
        return answer.RootElement[0].GetSingle();
    }
}
