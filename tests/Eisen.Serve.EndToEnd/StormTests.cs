using System.Collections.Concurrent;
using System.Net;

namespace Eisen.Serve.EndToEnd;

/// <summary>Many clients at once, while the models under them change.</summary>
[Collection(AloneCollection.Name)]
public sealed class StormTests : IDisposable
{
    private const int Clients = 300;
    private const int RoundsOfChanges = 15;

    private static readonly HttpStatusCode[] Expected = [HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable, HttpStatusCode.NotFound];

    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Predictions_WhileModelsChange_AllGetAnAnswer()
    {
        // More than the clients' own patience, a request that was forgotten would wait.
        place.Configure("default_response_timeout=100");
        Archives.Pack(Path.Combine(place.ModelStore, "double1.mar"), "double", "modules/double.pt", config: "batchSize: 4\nmaxBatchDelay: 2\nmaxWorkers: 2\n");
        Archives.Pack(Path.Combine(place.ModelStore, "double2.mar"), "double", "modules/double.pt", version: "2.0");
        place.StartWith("double1.mar", place.Pack("picky"));
        using CancellationTokenSource over = new();
        ConcurrentDictionary<HttpStatusCode, int> answers = new();
        string[] targets = ["double", "picky", "double/1.0", "double/2.0"];

        Task[] clients = [.. Enumerable.Range(0, Clients).Select(i => AskUntilAsync(targets[i % targets.Length], answers, over.Token))];
        for (int round = 0; round < RoundsOfChanges; round++)
            await ChangeAsync();
        await over.CancelAsync();
        await Task.WhenAll(clients);

        answers.Keys.ShouldBeSubsetOf(Expected);
        answers[HttpStatusCode.OK].ShouldBeGreaterThan(Clients);
        (await place.AskAsync("double", "[3]")).ShouldBe((HttpStatusCode.OK, "[\n  6.0\n]"));
        (await place.AskAsync("picky", "[3]")).ShouldBe((HttpStatusCode.OK, "[\n  6.0\n]"));
        place.Log.ShouldNotContain("failed inside the server");
        CommandResult stop = place.Stop();
        stop.ExitCode.ShouldBe(0, stop.ToString());
        stop.Output.ShouldNotContain("not answered");
        place.UnpackedArchives.ShouldBeEmpty();
    }

    private async Task AskUntilAsync(string target, ConcurrentDictionary<HttpStatusCode, int> answers, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            (HttpStatusCode status, string text) = await place.AskAsync(target, "[3]");
            answers.AddOrUpdate(status, 1, (_, count) => count + 1);
            if (status == HttpStatusCode.OK)
                text.ShouldBe("[\n  6.0\n]");
        }
    }

    /// <summary>Once round: a second version comes and becomes the default, both are scaled, also to nothing, the first goes and
    /// comes again, and the second goes.</summary>
    private async Task ChangeAsync()
    {
        await ManageAsync(HttpMethod.Post, "models?url=double2.mar");
        await ManageAsync(HttpMethod.Put, "models/double/2.0?min_worker=2&synchronous=true");
        await ManageAsync(HttpMethod.Put, "models/picky?min_worker=0&synchronous=true");
        await ManageAsync(HttpMethod.Put, "models/double/2.0/set-default");
        await ManageAsync(HttpMethod.Put, "models/picky?min_worker=3&synchronous=true");
        await ManageAsync(HttpMethod.Delete, "models/double/1.0");
        await ManageAsync(HttpMethod.Put, "models/picky?min_worker=1&synchronous=true");
        await ManageAsync(HttpMethod.Post, "models?url=double1.mar");
        await ManageAsync(HttpMethod.Put, "models/double/1.0/set-default");
        await ManageAsync(HttpMethod.Delete, "models/double/2.0");
    }

    private async Task ManageAsync(HttpMethod method, string path)
    {
        (HttpStatusCode status, string text) = await place.ManageAsync(method, path);
        status.ShouldBe(HttpStatusCode.OK, $"{method} {path}: {text}");
    }
}
