using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Eisen.Serve.EndToEnd;

/// <summary>The recorded archives with Python handlers on the real program: what it answers, and what it does when they break.</summary>
public sealed class PythonTests(ReferenceServer server) : IClassFixture<ReferenceServer>
{
    private readonly Workplace place = server.Place;

    [Theory]
    [InlineData("func", "b", "func:1")]
    [InlineData("eager", "[1,2,3,4]", "[-2.6514198780059814,1.3004982471466064,-0.8323214054107666]")]
    [InlineData("batchecho", "b", """{"batch":1,"index":0,"configured":1}""")]
    [InlineData("slow", "0", """{"slept":0.0,"batch":1}""")]
    public async Task Predict_RecordedArchive_AnswersAsRecorded(string model, string body, string expected)
    {
        (HttpStatusCode status, string text) = await AskJsonAsync(model, body);

        status.ShouldBe(HttpStatusCode.OK, text);
        string.Concat(text.Where(letter => !char.IsWhiteSpace(letter))).ShouldBe(expected);
    }

    [Fact]
    public async Task Predict_DigitsOnTorch_FindsTheDigit()
    {
        (HttpStatusCode status, string text) = await AskJsonAsync("digits", JsonSerializer.Serialize(new float[64]));

        status.ShouldBe(HttpStatusCode.OK, text);
        JsonDocument.Parse(text).RootElement.GetProperty("probabilities").GetArrayLength().ShouldBe(10);
    }

    [Theory]
    [InlineData("exception", 503, "Prediction failed")]
    [InlineData("prediction", 599, "Some Prediction Error")]
    [InlineData("prediction404", 404, "No such thing")]
    [InlineData("memory", 507, "Out of resources")]
    [InlineData("cuda", 507, "Out of resources")]
    [InlineData("wrongcount", 503, "number of batch response mismatched")]
    [InlineData("opaque", 503, "Unsupported model output data type.")]
    [InlineData("exit", 500, "Worker died.")]
    public async Task Predict_HandlerFails_AnswersAsRecorded(string kind, int code, string message)
    {
        using HttpResponseMessage answer = await SendAsync("boom", "x-boom", kind);

        JsonElement error = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        ((int)answer.StatusCode).ShouldBe(code);
        error.GetProperty("code").GetInt32().ShouldBe(code);
        error.GetProperty("message").GetString().ShouldBe(message);
    }

    [Theory]
    [InlineData("html", 200, "", "text/html; charset=utf-8", "<h1>hello</h1>")]
    [InlineData("status", 418, "I am a teapot", null, "{\n  \"status\": 418\n}")]
    [InlineData("status204", 204, "Nothing", null, "")]
    [InlineData("all", 202, "Accepted all", null, "all")]
    public async Task Predict_HandlerSetsTheAnswer_AnswersAsRecorded(string kind, int code, string reason, string? type, string body)
    {
        using HttpResponseMessage answer = await SendAsync("ctx", "x-ctx", kind);

        ((int)answer.StatusCode).ShouldBe(code);
        if (reason.Length > 0)
            answer.ReasonPhrase.ShouldBe(reason);
        answer.Content.Headers.ContentType?.ToString().ShouldBe(type);
        (await answer.Content.ReadAsStringAsync()).ShouldBe(body);
    }

    [Fact]
    public async Task Predict_Streams_SendsEachPartAsItsOwnChunk()
    {
        using RawConnection connection = await RawConnection.OpenAsync(place.InferencePort);
        await connection.SendAsync("POST /predictions/stream HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\nb");

        string answer = await connection.ReadToEndAsync();

        answer.ShouldContain("ts_stream_next: true");
        answer.ShouldEndWith("\r\n\r\n8\r\nchunk-0;\r\n8\r\nchunk-1;\r\n8\r\nchunk-2;\r\n4\r\nlast\r\n0\r\n\r\n");
    }

    [Fact]
    public async Task Predict_ModelNeverStarts_IsRefusedAtOnceAndSaysWhy()
    {
        (HttpStatusCode status, string text) = await place.AskAsync("badinit", "b");

        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        text.ShouldContain("has no worker to serve inference request");
        (await place.DescribeAsync("badinit")).ToString().ShouldContain("badinit: initialize always raises");
        // Logs are written in the background.
        await Workplace.UntilAsync(() => Task.FromResult(place.ModelLog.Contains("raise RuntimeError(\"badinit: initialize always raises\")", StringComparison.Ordinal)), "the traceback is in the model log");
    }

    [Fact]
    public async Task Predict_HundredMegabytes_ComeBack()
    {
        byte[] body = new byte[100_000_000];
        Random.Shared.NextBytes(body);
        using HttpRequestMessage request = new(HttpMethod.Post, "predictions/echo") { Content = new ByteArrayContent(body) };
        request.Headers.Add("x-echo", "back");

        using HttpResponseMessage answer = await place.Inference.SendAsync(request);

        (await answer.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(body).ShouldBeTrue();
    }

    [Fact]
    public async Task Kill_OneModelsWorkerAgainAndAgain_32ClientsOfAnotherSeeNoError()
    {
        using CancellationTokenSource done = new();
        Task<int>[] clients = [.. Enumerable.Range(0, 32).Select(async _ =>
        {
            int answers = 0;
            while (!done.IsCancellationRequested)
            {
                (await place.AskAsync("func", "b")).ShouldBe((HttpStatusCode.OK, "func:1"));
                answers++;
            }

            return answers;
        })];

        for (int i = 0; i < 5; i++)
        {
            int worker = await WorkerOfAsync("ctx");
            Kill(worker);
            await Workplace.UntilAsync(async () => await place.ReadyWorkersAsync("ctx") == 1 && await WorkerOfAsync("ctx") is var next && next != worker && next > 1, "the worker is back");
            (await SendAsync("ctx", "x-ctx", "all")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            (await SendAsync("boom", "x-boom", "exit")).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        }

        done.Cancel();
        (await Task.WhenAll(clients)).ShouldAllBe(answers => answers > 0);
    }

    [Fact]
    public async Task Kill_TheServerItself_LeavesNoPythonAndTheNextStartSweeps()
    {
        using Workplace own = new();
        own.AddToStore(ReferenceServer.PathOf("func"));
        own.Configure("python=/usr/bin/python3", "default_workers_per_model=2");
        own.StartWith("func.mar");
        int[] workers = [.. (await own.DescribeAsync("func")).GetProperty("workers").EnumerateArray().Select(worker => worker.GetProperty("pid").GetInt32())];
        workers.Length.ShouldBe(2);
        workers.ShouldAllBe(worker => Workplace.IsRunning(worker));

        Kill(own.RecordedProcess!.Value);

        await Workplace.UntilAsync(() => Task.FromResult(!workers.Any(Workplace.IsRunning)), "the workers have ended");
        own.UnpackedArchives.ShouldNotBeEmpty();
        own.StartWith("func.mar");
        own.UnpackedArchives.Length.ShouldBe(1);
        own.Stop().ExitCode.ShouldBe(0);
        own.UnpackedArchives.ShouldBeEmpty();
    }

    private async Task<(HttpStatusCode Status, string Text)> AskJsonAsync(string model, string body)
    {
        using HttpResponseMessage answer = await place.Inference.PostAsync($"predictions/{model}", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    // A worker that has no process at the moment tells -1, and the system takes that for all processes that there are.
    private static void Kill(int process)
    {
        process.ShouldBeGreaterThan(1);
        Process.GetProcessById(process).Kill();
    }

    private async Task<int> WorkerOfAsync(string model) => (await place.DescribeAsync(model)).GetProperty("workers")[0].GetProperty("pid").GetInt32();

    private async Task<HttpResponseMessage> SendAsync(string model, string header, string value)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"predictions/{model}") { Content = new StringContent("b") };
        request.Headers.Add(header, value);
        return await place.Inference.SendAsync(request);
    }
}
