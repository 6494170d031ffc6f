using System.Text;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Python.Tests;

public sealed class AnsweringTests : IDisposable
{
    private readonly PythonModels models = new(settings => settings with { MaxResponseSize = 8 << 20 });

    [Fact]
    public async Task Handle_StatusHeadersAndType_ArriveAsTheHandlerSetThem()
    {
        ModelVersion version = await models.LoadRunnerAsync();

        using HandlerAnswer answer = await version.RunAsync("""
            context.set_response_status(418, "I am a teapot", index)
            context.set_response_content_type(index, "image/png")
            context.set_response_header(index, "X-Custom", "value-1")
            context.set_response_header(index, "X-Not-For-Http", "grüße")
            answer = b"\x00\xff"
            """);

        answer.Error.ShouldBe(PredictionError.None, answer.Message);
        answer.Content.ToArray().ShouldBe(new byte[] { 0, 255 });
        answer.Status.ShouldBe(new AnswerStatus(418, "I am a teapot"));
        answer.ContentType.ShouldBe("image/png");
        answer.Headers.Where(header => header.Key.StartsWith('X')).ShouldBe([new("X-Custom", "value-1")]);
    }

    [Fact]
    public async Task Handle_HeaderWithALineBreak_Fails()
    {
        ModelVersion version = await models.LoadRunnerAsync();

        (await version.RunAsync("context.set_response_header(index, 'X-Bad', '1\\r\\nX-Other: 2')")).Error.ShouldBe(PredictionError.ModelFailed);
    }

    [Fact]
    public async Task Handle_PartsAndHeaders_ReachTheHandler()
    {
        ModelVersion version = await models.LoadRunnerAsync();

        using HandlerAnswer answer = await version.RunAsync(
            "answer = [context.get_request_id(index), context.get_request_header(index, 'X-Given'), context.get_request_header(index, 'url_path')]",
            path: "more/path",
            headers: [("X-Given", "grüße \"1\"")]);

        System.Text.Json.JsonSerializer.Deserialize<string[]>(answer.Text()).ShouldBe(["id-1", "grüße \"1\"", "more/path"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(1 << 20)]
    [InlineData((8 << 20) - 1)]
    [InlineData(8 << 20)]
    public async Task Handle_BodiesOfEverySize_ComeBackAsTheyWere(int size)
    {
        ModelVersion version = await models.LoadRunnerAsync();
        byte[] body = new byte[size];
        new Random(size).NextBytes(body);

        for (int i = 0; i < 2; i++)
        {
            using HandlerAnswer answer = await version.AskAsync(
                RequestKind.Predict, new RequestPart("body", null, "answer = row['other']"u8.ToArray()), new RequestPart("other", null, body), new RequestPart("third", null, body));
            answer.Error.ShouldBe(PredictionError.None, answer.Message);
            answer.Content.Span.SequenceEqual(body).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Handle_AnswerIsLargerThanItMayBe_IsRefusedAndTheWorkerGoesOn()
    {
        ModelVersion version = await models.LoadRunnerAsync();
        int process = version.Workers.Single().ProcessId!.Value;

        HandlerAnswer answer = await version.RunAsync("answer = b'x' * ((8 << 20) + 1)");

        answer.Error.ShouldBe(PredictionError.WorkerDied);
        answer.Message.ShouldContain("max_response_size");
        (await version.TextAsync("pass")).ShouldBe("ok");
        version.Workers.Single().ProcessId.ShouldBe(process);
    }

    [Fact]
    public async Task Handle_Batch_ComesTogetherAndEachGetsItsOwn()
    {
        ModelVersion version = await models.LoadRunnerAsync("batchSize: 4\nmaxBatchDelay: 2000\n");

        // Announced before they are sent, as requests are whose bodies are being read.
        ModelLease[] leases = [.. Enumerable.Range(0, 4).Select(_ => version.TryEnter()!)];
        HandlerAnswer[] given = await Task.WhenAll(leases.Select((lease, i) => lease.PredictAsync(Asking.Request($"answer = '%d of %d: {i}' % (index, count)"), TimeSpan.MaxValue, CancellationToken.None).AsTask()));
        string[] answers = [.. given.Select(answer => answer.Text())];

        answers.Order().ShouldBe(["0 of 4: 0", "1 of 4: 1", "2 of 4: 2", "3 of 4: 3"]);
    }

    [Fact]
    public async Task Handle_OneOfABatchFails_TheOthersAreAnswered()
    {
        ModelVersion version = await models.LoadRunnerAsync("batchSize: 3\nmaxBatchDelay: 2000\n");

        HandlerAnswer[] answers = await Task.WhenAll(version.RunAsync("answer = 'a'"), version.RunAsync("raise ValueError('mine')"), version.RunAsync("answer = 'c'"));

        answers[0].Text().ShouldBe("a");
        answers[1].Error.ShouldBe(PredictionError.ModelFailed);
        answers[2].Text().ShouldBe("c");
    }

    [Fact]
    public async Task Handle_Streams_PartsComeWhileTheHandlerWaitsForTheReader()
    {
        ModelVersion version = await models.LoadRunnerAsync();
        string file = Path.Combine(models.Settings.UnpackFolder, "go-on");

        using HandlerAnswer answer = await version.RunAsync($"""
            import os, time
            from ts.handler_utils.utils import send_intermediate_predict_response
            context.set_response_content_type(index, "text/event-stream")
            send_intermediate_predict_response(["first;"], context.request_ids, "", 200, context)
            while not os.path.exists("{file}"): time.sleep(0.005)
            send_intermediate_predict_response(["second;"], context.request_ids, "", 200, context)
            answer = "last"
            """);
        answer.ContentType.ShouldBe("text/event-stream");
        await using IAsyncEnumerator<ReadOnlyMemory<byte>> parts = answer.Parts!.ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();
        (await NextAsync(parts)).ShouldBe("first;");
        File.WriteAllText(file, "");
        (await NextAsync(parts)).ShouldBe("second;");
        (await NextAsync(parts)).ShouldBe("last");

        (await parts.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task Handle_StreamsToNobody_HandlerIsTold()
    {
        ModelVersion version = await models.LoadRunnerAsync();

        HandlerAnswer answer = await version.RunAsync("""
            from ts.handler_utils.utils import send_intermediate_predict_response
            while True: send_intermediate_predict_response(["x" * 1000], context.request_ids, "", 200, context)
            """);
        answer.Parts.ShouldNotBeNull();
        answer.Dispose();

        (await version.TextAsync("answer = 'free again'")).ShouldBe("free again");
    }

    [Fact]
    public async Task Handle_FailsAfterItBeganToAnswer_BreaksTheStream()
    {
        ModelVersion version = await models.LoadRunnerAsync();

        using HandlerAnswer answer = await version.RunAsync("""
            import os
            from ts.handler_utils.utils import send_intermediate_predict_response
            send_intermediate_predict_response(["first;"], context.request_ids, "", 200, context)
            os._exit(3)
            """);

        BrokenAnswerException broken = await Should.ThrowAsync<BrokenAnswerException>(async () =>
        {
            await foreach (ReadOnlyMemory<byte> _ in answer.Parts!.ReadAllAsync(CancellationToken.None).WithCancellation(CancellationToken.None))
            {
            }
        });
        broken.Error.ShouldBe(PredictionError.WorkerDied);
    }

    [Fact]
    public async Task Handle_Measures_MetricsArrive()
    {
        ModelVersion version = await models.LoadRunnerAsync();

        await version.TextAsync("context.metrics.add_counter('MyCounter', 2)");

        HandlerMetric metric = models.Metrics.All.Single(each => each.Name == "MyCounter");
        metric.Value.ShouldBe(2);
        metric.Type.ShouldBe("counter");
        metric.Dimensions["ModelName"].ShouldBe("runner");
    }

    [Fact]
    public async Task Log_LevelsOfPythonsLogging_AreKept()
    {
        ModelVersion version = await models.LoadRunnerAsync();

        await version.TextAsync("""
            import logging, sys
            logging.getLogger("mine").error("an error of mine")
            logging.getLogger("mine").warning("a warning of mine")
            print("a print of mine")
            print("an error print of mine", file=sys.stderr)
            """);

        foreach (string expected in (string[])["Error: .*: an error of mine", "Warning: .*: a warning of mine", "Information: .*: a print of mine", "Warning: .*: an error print of mine"])
            await PythonModels.UntilAsync(() => models.Log.Lines.Any(line => System.Text.RegularExpressions.Regex.IsMatch(line, $"^{expected}$")), expected);
    }

    public void Dispose() => models.Dispose();

    private static async Task<string> NextAsync(IAsyncEnumerator<ReadOnlyMemory<byte>> parts)
    {
        (await parts.MoveNextAsync().AsTask().WaitAsync(PythonModels.Patience)).ShouldBeTrue();
        return Encoding.UTF8.GetString(parts.Current.Span);
    }
}
