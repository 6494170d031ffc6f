using System.Net;
using System.Net.Sockets;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd.Tracing;

/// <summary>What a collector gets from the real program.</summary>
public sealed class TracingTests : IDisposable
{
    private const int BatchSize = 8;
    private const string ClientsTrace = "0af7651916cd43dd8448eb211c80319c";
    private const string ClientsSpan = "b7ad6b7169203331";

    private readonly Workplace place = new();
    private readonly Collector collector = new();

    public TracingTests() => place.Environment = collector.Environment;

    public void Dispose()
    {
        place.Stop();
        place.Dispose();
        collector.Dispose();
    }

    [Fact]
    public async Task Batch_OfEight_IsEightTracesAndOneBatchLinkedToThem()
    {
        place.StartWith(place.Pack("double", config: $"batchSize: {BatchSize}\nmaxBatchDelay: 60000\n"));

        await place.AskTogetherAsync("double", [.. Enumerable.Range(0, BatchSize).Select(i => $"[{i}]")]);

        ReceivedSpan batch = await SpanAsync(span => span.Name == "batch" && span.Attributes["batch.size"] == "8");
        await UntilAsync(() => Requests().Length == BatchSize, "the spans of eight requests");
        ReceivedSpan[] requests = Requests();
        requests.Select(request => request.TraceId).Distinct().Count().ShouldBe(BatchSize);
        batch.Links.ShouldBe(requests.Select(request => request.Id), ignoreOrder: true);
        batch.Attributes["model.name"].ShouldBe("double");
        batch.Attributes["model.version"].ShouldBe("1.0");
        foreach (ReceivedSpan request in requests)
        {
            ReceivedSpan decode = Child(request, "decode"), queue = Child(request, "queue"), inference = Child(request, "inference"), encode = Child(request, "encode");
            ulong[] moments = [request.Start, decode.Start, decode.End, queue.Start, queue.End, inference.Start, inference.End, encode.Start, encode.End];
            moments.ShouldBe(moments.Order());
            inference.Links.ShouldBe([batch.Id]);
            inference.Attributes["batch.size"].ShouldBe("8");
            (batch.Start <= inference.Start && inference.End <= batch.End).ShouldBeTrue();
            request.IsError.ShouldBeFalse();
        }

        collector.Resource["service.name"].ShouldBe("eisen-serve");
        collector.Resource["service.version"].ShouldNotBeEmpty();
        collector.Resource["service.instance.id"].ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Request_WithTraceparent_GoesOnWithTheClientsTraceAndTellsNothingOfPatients()
    {
        place.StartWith(place.Pack("double"));

        using HttpResponseMessage answer = await SendAsync("predictions/double/1.0/patient/Jane?name=Jane", $"00-{ClientsTrace}-{ClientsSpan}-01");

        ReceivedSpan request = await SpanAsync(span => span.ParentId == ClientsSpan);
        request.TraceId.ShouldBe(ClientsTrace);
        request.Name.ShouldBe("POST /predictions/{model}/{version}/{**rest}");
        request.Attributes["http.request.method"].ShouldBe("POST");
        request.Attributes["http.response.status_code"].ShouldBe("200");
        request.Attributes["model.name"].ShouldBe("double");
        request.Attributes["request.id"].ShouldBe(answer.Headers.GetValues("x-request-id").Single());
        collector.Spans.SelectMany(span => span.Attributes.Values).ShouldNotContain(value => value.Contains("Jane", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Request_NotSampledByItsClient_IsNotTraced()
    {
        place.StartWith(place.Pack("double"));

        (await SendAsync("predictions/double", $"00-{ClientsTrace}-{ClientsSpan}-00")).Dispose();
        (await SendAsync("predictions/double", traceparent: null)).Dispose();

        // They are sent in the order in which they come.
        await SpanAsync(span => span.Name.StartsWith("POST", StringComparison.Ordinal));
        place.Stop().ExitCode.ShouldBe(0);
        collector.Spans.ShouldNotContain(span => span.TraceId == ClientsTrace);
    }

    [Theory]
    [InlineData("raises", "[1]", "inference", "ModelFailed")]
    [InlineData("double", "{}", "decode", "BadInput")]
    public async Task Request_Fails_IsToldWithTheKindAlone(string model, string body, string stage, string kind)
    {
        place.StartWith(place.Pack(model));

        (await place.AskAsync(model, body)).Status.ShouldNotBe(HttpStatusCode.OK);

        ReceivedSpan failed = await SpanAsync(span => span.Name == stage);
        failed.IsError.ShouldBeTrue();
        failed.Attributes["error.type"].ShouldBe(kind);
        ReceivedSpan request = await SpanAsync(span => span.Id == failed.ParentId);
        request.IsError.ShouldBe(kind == "ModelFailed");
        request.Attributes.GetValueOrDefault("error.type").ShouldBe(kind == "ModelFailed" ? kind : null);
        collector.Spans.SelectMany(span => span.Attributes.Values).ShouldNotContain(value => value.Contains("the scan has no brain in it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Request_TimeIsOverWhileItWaits_IsAQueueSpanThatFailed()
    {
        place.StartWith(place.Pack("sleeps"));
        Task<(HttpStatusCode, string)> busy = await place.KeepBusyAsync("sleeps", 3000);

        using HttpRequestMessage late = new(HttpMethod.Post, "predictions/sleeps") { Content = new StringContent("[1]"), Headers = { { "X-Request-Timeout", "20ms" }, { "traceparent", $"00-{ClientsTrace}-{ClientsSpan}-01" } } };
        using HttpResponseMessage answer = await place.Inference.SendAsync(late);

        ReceivedSpan queue = await SpanAsync(span => span.TraceId == ClientsTrace && span.Name == "queue");
        queue.Attributes["error.type"].ShouldBe("DeadlineExceeded");
        (await SpanAsync(span => span.Id == queue.ParentId)).Attributes["error.type"].ShouldBe("DeadlineExceeded");
        string id = answer.Headers.GetValues("x-request-id").Single();
        await UntilAsync(() => place.Log.Contains($"Request {id} to model sleeps 1.0 has no answer: DeadlineExceeded", StringComparison.Ordinal), "the log names the request");
        await busy;
    }

    [Fact]
    public async Task Request_ToPythonHandler_IsTracedAndTheHandlerSeesWhereItIs()
    {
        place.AddToStore(ReferenceServer.PathOf("echo"));
        place.Configure("python=/usr/bin/python3");
        place.StartWith("echo.mar");

        using HttpResponseMessage answer = await SendAsync("predictions/echo", $"00-{ClientsTrace}-{ClientsSpan}-01");
        string seen = await answer.Content.ReadAsStringAsync();

        ReceivedSpan request = await SpanAsync(span => span.ParentId == ClientsSpan);
        Child(request, "queue").IsError.ShouldBeFalse();
        Child(request, "inference").Attributes["model.name"].ShouldBe("echo");
        seen.ShouldContain($"00-{ClientsTrace}-{request.Id}-01");
        seen.ShouldNotContain(ClientsSpan);
    }

    [Fact]
    public async Task Metrics_Running_ArriveOnceEachWithNamesOfRegisteredModelsOnly()
    {
        place.Configure("metrics_mode=prometheus");
        place.StartWith(place.Pack("double"));
        (await place.AskAsync("double", "[1]")).Status.ShouldBe(HttpStatusCode.OK);
        (await place.AskAsync("Jane", "[1]")).Status.ShouldBe(HttpStatusCode.NotFound);

        await UntilAsync(() => collector.Metrics.ContainsKey("eisen.request.duration") && collector.Metrics.ContainsKey("http.server.request.duration") && collector.Metrics.ContainsKey("WorkerLoadTime"), "the metrics");

        collector.Metrics["eisen.request.duration"].Single()["model"].ShouldBe("double");
        collector.Metrics.Keys.ShouldContain("kestrel.active_connections");
        collector.Metrics.Keys.ShouldContain("MemoryUsed");
        collector.Metrics.Keys.ShouldNotContain("ts_inference_requests_total");
        collector.Metrics.Values.SelectMany(points => points).SelectMany(point => point.Values).ShouldNotContain("Jane");
        // The metrics listener goes on beside it.
        (await place.Metrics.GetStringAsync("metrics")).ShouldContain("ts_inference_requests_total{model_name=\"double\"");
    }

    [Fact]
    public async Task Collector_IsNotThere_DisturbsNobodyAndIsToldOnce()
    {
        place.Environment = [.. collector.Environment, new("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://127.0.0.1:{FreePort.Next()}")];
        place.StartWith(place.Pack("double"));

        await UntilAsync(() => place.Log.Contains("Traces or metrics may be lost", StringComparison.Ordinal), "the log tells of it");
        for (int i = 0; i < 20; i++)
            (await place.AskAsync("double", "[1]")).ShouldBe((HttpStatusCode.OK, "[\n  2.0\n]"));
        place.Stop().ExitCode.ShouldBe(0);

        // Once for each kind of trouble, not for each batch.
        place.Log.Split("Traces or metrics may be lost").Length.ShouldBeLessThan(6);
    }

    [Fact]
    public async Task Collector_NeverAnswers_TheServerStopsAllTheSame()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        place.Environment = [.. collector.Environment, new("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{silent.LocalEndpoint}")];
        place.StartWith(place.Pack("double"));
        (await place.AskAsync("double", "[1]")).Status.ShouldBe(HttpStatusCode.OK);

        place.Stop().ExitCode.ShouldBe(0);

        place.Log.ShouldContain($"What was left of traces and metrics did not reach http://{silent.LocalEndpoint} within 3 s");
        place.Log.ShouldContain("Stopped.");
    }

    [Fact]
    public void Start_AddressThatIsNone_SaysWhatIsRight()
    {
        place.Environment = [new("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")];

        CommandResult result = place.Start("--models", place.Pack("double"));

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("OTEL_EXPORTER_OTLP_ENDPOINT must be a collector's address, such as http://127.0.0.1:4317, not 'collector:4317'");
    }

    [Fact]
    public async Task Start_WithoutCollector_LoadsNothingOfOpenTelemetry()
    {
        place.Environment = [];
        place.StartWith(place.Pack("double"));

        (await place.AskAsync("double", "[1]")).Status.ShouldBe(HttpStatusCode.OK);

        File.ReadAllText($"/proc/{place.RecordedProcess}/maps").ShouldNotContain("OpenTelemetry");
    }

    private ReceivedSpan[] Requests() => [.. collector.Spans.Where(span => span.Name == "POST /predictions/{model}" && collector.Spans.Count(other => other.ParentId == span.Id && other.Name != "batch") == 5)];

    private ReceivedSpan Child(ReceivedSpan parent, string name) => collector.Spans.Single(span => span.TraceId == parent.TraceId && span.ParentId == parent.Id && span.Name == name);

    private async Task<ReceivedSpan> SpanAsync(Func<ReceivedSpan, bool> isIt)
    {
        await UntilAsync(() => collector.Spans.Any(isIt), "the span");
        return collector.Spans.First(isIt);
    }

    private static Task UntilAsync(Func<bool> condition, string what) => Workplace.UntilAsync(() => Task.FromResult(condition()), what);

    private async Task<HttpResponseMessage> SendAsync(string path, string? traceparent)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new StringContent("[1]") };
        if (traceparent is not null)
            request.Headers.Add("traceparent", traceparent);
        return await place.Inference.SendAsync(request);
    }
}
