using System.Net;
using System.Text.Json;

namespace Eisen.Serve.EndToEnd;

/// <summary>What tests ask a server again and again.</summary>
public static class Asking
{
    /// <summary>A number of matrix products for <c>modules/sleeps.pt</c> that no test waits for; the server must be killed then.</summary>
    public const int Endless = 1 << 30;

    private const int LongEnoughForAnIdleWorker = 500; // milliseconds

    /// <summary>Packs a fixture module into the model store, as an archive of its name.</summary>
    /// <returns>The archive's name.</returns>
    public static string Pack(this Workplace place, string name, string handler = "base_handler", string? config = null)
    {
        Archives.Pack(Path.Combine(place.ModelStore, $"{name}.mar"), name, $"modules/{name}.pt", handler, config);
        return $"{name}.mar";
    }

    /// <summary>Asks a model with a JSON body.</summary>
    /// <param name="place">Where the server is.</param>
    /// <param name="model">The model, or a model and a version.</param>
    /// <param name="body">What to ask.</param>
    /// <param name="timeout">The request's X-Request-Timeout.</param>
    public static async Task<(HttpStatusCode Status, string Text)> AskAsync(this Workplace place, string model, string body, string? timeout = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"predictions/{model}") { Content = new StringContent(body) };
        if (timeout is not null)
            request.Headers.Add("X-Request-Timeout", timeout);
        return await TextOfAsync(await place.Inference.SendAsync(request));
    }

    /// <summary>Asks a model with JSON bodies so that all are in one batch: the last one is announced before the others come, and sent
    /// when they wait. That one must be answered with 200.</summary>
    public static async Task<(HttpStatusCode Status, string Text)[]> AskTogetherAsync(this Workplace place, string model, params string[] bodies)
    {
        string last = bodies[^1];
        using RawConnection connection = await RawConnection.AnnounceAsync(place.InferencePort, model, last.Length);
        Task<(HttpStatusCode Status, string Text)>[] others = [.. bodies.SkipLast(1).Select(body => place.AskAsync(model, body))];
        await place.UntilWaitingAsync(model, others.Length);

        await connection.SendAsync(last);

        (HttpStatusCode Status, string Text)[] answers = await Task.WhenAll(others);
        string answer = await connection.ReadAnswerAsync();
        answer.ShouldStartWith("HTTP/1.1 200 ");
        return [.. answers, (HttpStatusCode.OK, answer[answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)..])];
    }

    /// <summary>Sends a request to the management address.</summary>
    public static async Task<(HttpStatusCode Status, string Text)> ManageAsync(this Workplace place, HttpMethod method, string path)
    {
        using HttpRequestMessage request = new(method, path);
        return await TextOfAsync(await place.Management.SendAsync(request));
    }

    /// <summary>What <c>GET /models/{model}</c> tells of a model's default version, or of one that is named.</summary>
    public static async Task<JsonElement> DescribeAsync(this Workplace place, string model)
    {
        using JsonDocument answer = JsonDocument.Parse(await place.Management.GetStringAsync($"models/{model}"));
        return answer.RootElement[0].Clone();
    }

    /// <summary>How many workers of a model are ready.</summary>
    public static async Task<int> ReadyWorkersAsync(this Workplace place, string model) =>
        (await place.DescribeAsync(model)).GetProperty("workers").EnumerateArray().Count(worker => worker.GetProperty("status").GetString() == "READY");

    /// <summary>Waits until so many requests wait for a model's workers.</summary>
    public static Task UntilWaitingAsync(this Workplace place, string model, int count) => Workplace.UntilAsync(
        async () => (await place.DescribeAsync(model)).GetProperty("jobQueueStatus").GetProperty("pendingRequests").GetInt32() == count,
        $"{count} requests wait for {model}");

    /// <summary>Gives the one worker of a <c>modules/sleeps.pt</c> something to do, and returns when it is at it.</summary>
    /// <returns>The answer, when it comes.</returns>
    public static async Task<Task<(HttpStatusCode Status, string Text)>> KeepBusyAsync(this Workplace place, string model, int products)
    {
        Task<(HttpStatusCode Status, string Text)> answer = place.AskAsync(model, $"[{products}]");
        await Workplace.UntilAsync(
            async () => (await place.AskAsync(model, "[0]", $"{LongEnoughForAnIdleWorker}ms")).Status == HttpStatusCode.InternalServerError, "the worker is busy");
        answer.IsCompleted.ShouldBeFalse("the worker should be busy for longer");
        return answer;
    }

    private static async Task<(HttpStatusCode Status, string Text)> TextOfAsync(HttpResponseMessage response)
    {
        using (response)
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
