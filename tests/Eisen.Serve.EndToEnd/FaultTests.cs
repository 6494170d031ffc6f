using System.Net;

namespace Eisen.Serve.EndToEnd;

/// <summary>Modules that misbehave, and what becomes of the others beside them.</summary>
public sealed class FaultTests : IDisposable
{
    private const string PredictionFailed = "{\n  \"code\": 503,\n  \"type\": \"InternalServerException\",\n  \"message\": \"Prediction failed\"\n}\n";
    private const string OutOfResources = "{\n  \"code\": 507,\n  \"type\": \"InternalServerException\",\n  \"message\": \"Out of resources\"\n}\n";

    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Faults_OfEveryKind_GetTheRightErrorAndDisturbNobody()
    {
        // Two workers each: faults come at the same time, too.
        const string Two = "minWorkers: 2\n";
        string[] faulty = ["nan", "raises", "wrong_batch", "wrong_shape", "huge", "picky"];
        place.StartWith([place.Pack("double", config: Two), .. faulty.Select(model => place.Pack(model, config: Two))]);
        using CancellationTokenSource done = new();
        Task<int> bystander = AskUntilAsync(done.Token);

        for (int round = 0; round < 5; round++)
        {
            Task<(HttpStatusCode Status, string Text)>[] failing =
                [.. new[] { "nan", "raises", "wrong_batch", "wrong_shape" }.Select(model => place.AskAsync(model, "[1,2]")), place.AskAsync("picky", "[-1]")];
            Task<(HttpStatusCode Status, string Text)> hungry = place.AskAsync("huge", "[1]");

            foreach ((HttpStatusCode status, string text) in await Task.WhenAll(failing))
            {
                status.ShouldBe(HttpStatusCode.ServiceUnavailable);
                text.ShouldBe(PredictionFailed);
            }

            (await hungry).ShouldBe((HttpStatusCode.InsufficientStorage, OutOfResources));
            (await place.AskAsync("picky", "[1]")).ShouldBe((HttpStatusCode.OK, "[\n  2.0\n]"), "the worker that raised goes on");
        }

        await done.CancelAsync();
        (await bystander).ShouldBeGreaterThan(5);
        foreach (string model in faulty)
            (await place.ReadyWorkersAsync(model)).ShouldBe(2, model);
        (await place.Inference.GetStringAsync("ping")).ShouldContain("\"Healthy\"");
        place.Log.ShouldContain("the scan has no brain in it");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Faults_InABatch_FailForThoseWhoAskedForThem()
    {
        const string Batched = "batchSize: 8\nmaxBatchDelay: 50\n";
        place.StartWith(place.Pack("square_root", config: Batched), place.Pack("wrong_batch", "tensor", Batched));

        (HttpStatusCode Status, string Text)[] roots = await Task.WhenAll(
            Enumerable.Range(0, 24).Select(i => place.AskAsync("square_root", i % 3 == 0 ? "[-4]" : "[4]")));

        for (int i = 0; i < roots.Length; i++)
            roots[i].ShouldBe(i % 3 == 0 ? (HttpStatusCode.ServiceUnavailable, PredictionFailed) : (HttpStatusCode.OK, "[\n  2.0\n]"));

        // Three rows for whatever came: dealt out to nobody, but as good as any for a request alone.
        (HttpStatusCode Status, RawTensor Tensor, string Text)[] rows = await Task.WhenAll(
            Enumerable.Range(0, 24).Select(i => RawTensor.Of("1,1", (float)i).AskAsync(place.Inference, "wrong_batch")));
        for (int i = 0; i < rows.Length; i++)
            rows[i].Tensor.Floats.ShouldBe([i, i, i]);
        place.Stop().ExitCode.ShouldBe(0);
    }

    private async Task<int> AskUntilAsync(CancellationToken done)
    {
        int asked = 0;
        for (; !done.IsCancellationRequested; asked++)
            (await place.AskAsync("double", $"[{asked}]")).ShouldBe((HttpStatusCode.OK, $"[\n  {2 * asked}.0\n]"));
        return asked;
    }
}
