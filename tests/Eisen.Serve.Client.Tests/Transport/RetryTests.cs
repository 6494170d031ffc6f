using Eisen.Serve.Data;
using Eisen.Serve.Testing;
using Microsoft.AspNetCore.Http;

namespace Eisen.Serve.Client.Tests.Transport;

/// <summary>What is asked again by itself: only what cannot run a model twice.</summary>
public sealed class RetryTests
{
    private const string Refused = """{"code": 503, "type": "ServiceUnavailableException", "message": "Model \"brain\" has no worker to serve inference request."}""";
    private const string Failed = """{"code": 503, "type": "InternalServerException", "message": "Prediction failed"}""";

    private readonly ManualTime time = new();

    [Fact]
    public async Task PredictAsync_RefusedBeforeAnyWorker_IsAskedAgain()
    {
        await using FakeServer server = await FailingFirstAsync(2, context => AnswerAsync(context, 503, Refused));

        await FinishAsync(PredictAsync(server));

        server.Requests.ShouldBe(3);
    }

    [Fact]
    public async Task PredictAsync_RefusedTooOften_IsToldThatItMayBeAskedAgain()
    {
        await using FakeServer server = await FakeServer.StartAsync(503, Refused);

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(FinishAsync(PredictAsync(server)));

        error.IsRetryable.ShouldBeTrue();
        server.Requests.ShouldBe(3);
    }

    [Theory]
    [InlineData(503, Failed)]
    [InlineData(503, "upstream connect error or disconnect/reset before headers")]
    [InlineData(500, """{"code": 500, "type": "InternalServerException", "message": "Worker died."}""")]
    [InlineData(507, """{"code": 507, "type": "InternalServerException", "message": "Out of resources"}""")]
    [InlineData(400, """{"code": 400, "type": "ServiceUnavailableException", "message": "not with this status"}""")]
    public async Task PredictAsync_ModelMayHaveRun_IsAskedOnce(int status, string body)
    {
        await using FakeServer server = await FakeServer.StartAsync(status, body);

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(PredictAsync(server));

        error.IsRetryable.ShouldBeFalse();
        server.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task PredictAsync_UnavailableBeforeTheBodyWasSent_IsAskedAgain()
    {
        // Not in TorchServe's form; but who never had the inputs has run no model on them.
        await using FakeServer server = await FailingFirstAsync(1, context => AnswerAsync(context, 503, "try later"));
        using FieldDictionary inputs = new();
        inputs["image"] = inputs.Own(NDArray.Allocate(DType.UInt8, [2 << 20]));

        await FinishAsync(PredictAsync(server, inputs));

        server.Requests.ShouldBe(2);
    }

    [Fact]
    public async Task PredictAsync_CutAfterTheBody_IsAskedOnce()
    {
        await using FakeServer server = await FakeServer.StartAsync(CutAsync);

        EisenTransportException error = await Should.ThrowAsync<EisenTransportException>(PredictAsync(server));

        error.IsRetryable.ShouldBeFalse();
        server.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task GetMetadataAsync_Cut_IsAskedAgain()
    {
        await using FakeServer server = await FailingFirstAsync(2, CutAsync);
        using EisenServingClient client = new(server.Endpoint, new EisenServingClientOptions { Time = time });

        await FinishAsync(client.GetMetadataAsync());

        server.Requests.ShouldBe(3);
    }

    [Fact]
    public async Task PredictAsync_NobodyListensYet_IsAnsweredWhenSomebodyDoes()
    {
        int port = FreePort.Next();
        using EisenServingClient client = new(new Uri($"http://127.0.0.1:{port}/predictions/brain"), new EisenServingClientOptions { Time = time });
        using FieldDictionary inputs = new();
        Task<FieldDictionary> answer = client.PredictAsync(inputs);
        await UntilItPausesAsync(answer);

        await using FakeServer server = await FakeServer.StartAsync(AnswerWellAsync, port);
        using FieldDictionary outputs = await FinishAsync(answer);

        server.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task PredictAsync_NoRetriesWanted_IsAskedOnce()
    {
        await using FakeServer server = await FakeServer.StartAsync(503, Refused);

        await Should.ThrowAsync<EisenServerException>(PredictAsync(server, options: new EisenServingClientOptions { MaxRetries = 0 }));

        server.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task PredictAsync_CancelledInAPause_EndsAtOnce()
    {
        await using FakeServer server = await FakeServer.StartAsync(503, Refused);
        using CancellationTokenSource cancellation = new();
        Task answer = PredictAsync(server, cancellation: cancellation.Token);
        await UntilItPausesAsync(answer);

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(answer);
        server.Requests.ShouldBe(1);
    }

    private static Task CutAsync(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text);
    }

    private static async Task AnswerWellAsync(HttpContext context) => await context.Response.Body.WriteAsync(
        context.Request.ContentLength == 0 ? Messages.EmptyMetadata : Messages.EmptyMap);

    private static async Task<FakeServer> FailingFirstAsync(int times, RequestDelegate fail)
    {
        int left = times;
        return await FakeServer.StartAsync(context => Interlocked.Decrement(ref left) >= 0 ? fail(context) : AnswerWellAsync(context));
    }

    private async Task PredictAsync(
        FakeServer server, FieldDictionary? inputs = null, EisenServingClientOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new EisenServingClientOptions();
        options.Time = time;
        using EisenServingClient client = new(server.Endpoint, options);
        using FieldDictionary nothing = new();
        using FieldDictionary outputs = await client.PredictAsync(inputs ?? nothing, cancellation);
    }

    private async Task UntilItPausesAsync(Task call)
    {
        // The call's own time limit is one timer, the pause is the other.
        while (time.Pending < 2 && !call.IsCompleted)
            await Task.Yield();
        call.IsCompleted.ShouldBeFalse();
    }

    private async Task FinishAsync(Task call)
    {
        while (!call.IsCompleted)
        {
            if (time.Pending == 2)
                time.Advance(TimeSpan.FromSeconds(2));
            await Task.Yield();
        }

        await call;
    }

    private async Task<T> FinishAsync<T>(Task<T> call)
    {
        await FinishAsync((Task)call);
        return await call;
    }
}
