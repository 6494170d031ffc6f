using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Eisen.Serve.Conformance;

/// <summary>
/// What the recorder did between the requests of a group: it waited, and sent others at the same time. Where it waited for
/// a while, this waits for what the while was for.
/// </summary>
internal sealed class Choreography(ReplayServer server, RecordedKeys keys)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Task<WireAnswer?>> underWay = [];

    /// <summary>Does what has to happen before a case.</summary>
    public Task BeforeAsync(string id) => id switch
    {
        "B013" or "P011" => UntilReadyAsync("echo", 1),
        "B050" => TenTogetherAsync(),
        "C005" => FillAsync("slow", "1.0", "0.1", "0.1"),
        "C006" => FillAsync("queue", "1.0", "1.0", "1.0", "1.0"),
        "C007" => Task.CompletedTask,
        "C008" => FillAsync("clientto", "1.6"),
        "D003" => UntilAsync(async () => (await DescribeAsync("badinit")).TryGetProperty("reason", out JsonElement reason) && reason.ValueKind == JsonValueKind.String, "badinit has failed"),
        "F001" => UntilStatusAsync("inference", "GET", "/predictions/double", 400, keys.Rewrite("Authorization: Bearer Gpq8Uttt\r\n")),
        "H003" => UntilStatusAsync("inference", "GET", "/ping", 500),
        _ => Task.CompletedTask,
    };

    /// <summary>Does what has to happen after a case.</summary>
    public async Task AfterAsync(string id)
    {
        if (id is not ("C005" or "C007" or "C008"))
            return;
        WireAnswer?[] answers = await Task.WhenAll(underWay);
        underWay.Clear();
        if (id == "C007")
            Statuses(answers).ShouldBe(Statuses("C-queue-4-concurrent"));
    }

    // TorchServe made a batch of eight and one of two. Which requests come together is chance, and ours begins with those that
    // are there: what must be is that each is answered, in batches of no more than eight.
    private async Task TenTogetherAsync()
    {
        WireAnswer?[] answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => AskAsync("inference", "POST", "/predictions/batchecho", "x")));
        Statuses(answers).ShouldBe(Statuses("B-batchecho-10-concurrent"));
        int[] sizes = [.. answers.Select(answer => JsonDocument.Parse(answer!.Body).RootElement).Select(answer => answer.GetProperty("batch").GetInt32())];
        sizes.ShouldAllBe(size => size <= 8);
        sizes.ShouldContain(size => size > 1);
    }

    private static IEnumerable<int> Statuses(string result)
    {
        using JsonDocument recorded = JsonDocument.Parse(RecordedSet.Result(result));
        return [.. recorded.RootElement.EnumerateArray().Select(each => each[0].GetInt32()).Order()];
    }

    private static IEnumerable<int> Statuses(WireAnswer?[] answers) => answers.Select(answer => answer!.Status).Order();

    /// <summary>Gives a model's one worker the first body, and lets the others wait.</summary>
    private async Task FillAsync(string model, params string[] bodies)
    {
        int capacity = await WaitingAsync(model, "remainingCapacity");
        for (int i = 0; i < bodies.Length; i++)
        {
            underWay.Add(AskAsync("inference", "POST", $"/predictions/{model}", bodies[i]));
            int expected = Math.Min(i, capacity);
            await UntilAsync(async () => await WaitingAsync(model, "pendingRequests") == expected, $"{expected} requests wait for {model}");
        }
    }

    private async Task<int> WaitingAsync(string model, string what)
    {
        JsonElement description = await DescribeAsync(model);
        return description.GetProperty("jobQueueStatus").GetProperty(what).GetInt32();
    }

    private Task UntilReadyAsync(string model, int workers) => UntilAsync(
        async () => (await DescribeAsync(model)).GetProperty("workers").EnumerateArray().Count(worker => worker.GetProperty("status").GetString() == "READY") == workers,
        $"{workers} workers of {model} are ready");

    private Task UntilStatusAsync(string listener, string method, string path, int status, string fields = "") => UntilAsync(
        async () => (await AskAsync(listener, method, path, "", fields))?.Status == status, $"{method} {path} answers {status}");

    private async Task<JsonElement> DescribeAsync(string model)
    {
        WireAnswer? answer = await AskAsync("management", "GET", $"/models/{model}", "");
        using JsonDocument document = JsonDocument.Parse(answer!.Body);
        return document.RootElement[0].Clone();
    }

    private Task<WireAnswer?> AskAsync(string listener, string method, string path, string body, string fields = "") => Wire.AskAsync(
        server.Port(listener),
        Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{method} {path} HTTP/1.1\r\nHost: x\r\n{fields}Content-Length: {body.Length}\r\n\r\n{body}")),
        method,
        Patience);

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using CancellationTokenSource tooLate = new(Patience);
        while (!await condition())
        {
            if (tooLate.IsCancellationRequested)
                throw new TimeoutException($"It never came: {what}.");
            await Task.Delay(20);
        }
    }
}
