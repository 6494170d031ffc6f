using System.Net;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;
using Microsoft.AspNetCore.Http;

namespace Eisen.Serve.Client.Tests.Transport;

/// <summary>What a caller learns when there is no usable answer.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task PredictAsync_ErrorInTorchServesForm_CarriesItsCodeTypeAndMessage()
    {
        await using FakeServer server = await FakeServer.StartAsync(context =>
        {
            context.Response.StatusCode = 404;
            context.Response.Headers["x-request-id"] = "2f1c";
            return context.Response.WriteAsync("""{"code": 404, "type": "ModelNotFoundException", "message": "Model not found: brain"}""");
        });

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(AskAsync(server));

        error.Status.ShouldBe(HttpStatusCode.NotFound);
        error.Code.ShouldBe(404);
        error.Type.ShouldBe("ModelNotFoundException");
        error.ServerMessage.ShouldBe("Model not found: brain");
        error.RequestId.ShouldBe("2f1c");
        error.IsRetryable.ShouldBeFalse();
        error.Message.ShouldBe("The server answered 404 ModelNotFoundException: Model not found: brain (request 2f1c)");
    }

    [Theory]
    [InlineData("<html>Bad Gateway</html>")]
    [InlineData("""{"error": "bad gateway"}""")]
    [InlineData("[1, 2]")]
    [InlineData("")]
    public async Task PredictAsync_ErrorInAnotherForm_CarriesWhatThereIs(string body)
    {
        await using FakeServer server = await FakeServer.StartAsync(502, body);

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(AskAsync(server));

        error.Code.ShouldBe(502);
        error.Type.ShouldBeNull();
        error.ServerMessage.ShouldBe(body);
        error.Message.ShouldStartWith("The server answered 502 BadGateway");
    }

    [Fact]
    public async Task PredictAsync_EndlessError_ReadsOnlyItsBeginning()
    {
        await using FakeServer server = await FakeServer.StartAsync(async context =>
        {
            context.Response.StatusCode = 500;
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.WriteAsync(new string('a', 1 << 14), context.RequestAborted);
        });

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(AskAsync(server));

        error.ServerMessage.Length.ShouldBe(1 << 16);
        error.Message.Length.ShouldBeLessThan(1200);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    public async Task PredictAsync_Redirect_IsToldAndNotFollowed(int status)
    {
        await using FakeServer elsewhere = await FakeServer.StartAsync(200, "");
        await using FakeServer server = await FakeServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = elsewhere.Endpoint.ToString();
            return Task.CompletedTask;
        });

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(AskAsync(server));

        error.Code.ShouldBe(status);
        error.ServerMessage.ShouldContain(elsewhere.Endpoint.ToString());
        elsewhere.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task PredictAsync_AnswerIsCut_IsATransportFailure()
    {
        await using FakeServer server = await FakeServer.StartAsync(async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.Body.WriteAsync(new byte[500]);
            await context.Response.Body.FlushAsync();
            context.Abort();
        });

        EisenTransportException error = await Should.ThrowAsync<EisenTransportException>(AskAsync(server));

        error.IsRetryable.ShouldBeFalse();
        server.Requests.ShouldBe(1);
        error.Message.ShouldStartWith($"{server.Endpoint} did not answer to the end: ");
    }

    [Fact]
    public async Task PredictAsync_ServerStalls_EndsAtTheTimeLimit()
    {
        ManualTime time = new();
        await using FakeServer server = await FakeServer.StartAsync(async context =>
        {
            await context.Response.Body.WriteAsync(new byte[1]);
            await context.Response.Body.FlushAsync();
            // The answer has begun, and now nothing comes any more.
            time.Advance(TimeSpan.FromSeconds(30));
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        EisenTransportException error = await Should.ThrowAsync<EisenTransportException>(
            AskAsync(server, new EisenServingClientOptions { Time = time, Timeout = TimeSpan.FromSeconds(30) }));

        error.Message.ShouldBe($"{server.Endpoint} did not answer within 30 s; the model may have run.");
        error.IsRetryable.ShouldBeFalse();
    }

    [Fact]
    public async Task PredictAsync_CallersHttpClientHasATimeLimit_IsATransportFailure()
    {
        await using FakeServer server = await FakeServer.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using HttpClient http = new() { Timeout = TimeSpan.FromMilliseconds(50) };
        using EisenServingClient client = new(server.Endpoint, new EisenServingClientOptions(), http);
        using FieldDictionary inputs = new();

        EisenTransportException error = await Should.ThrowAsync<EisenTransportException>(client.PredictAsync(inputs));

        error.Message.ShouldContain("within the time that its HttpClient allows");
    }

    [Fact]
    public async Task PredictAsync_Cancelled_ClosesTheConnectionAndSaysWhoseTokenItWas()
    {
        using CancellationTokenSource cancellation = new();
        TaskCompletionSource gone = new();
        await using FakeServer server = await FakeServer.StartAsync(async context =>
        {
            context.RequestAborted.Register(gone.SetResult);
            await cancellation.CancelAsync();
            await gone.Task;
        });

        OperationCanceledException canceled = await Should.ThrowAsync<OperationCanceledException>(AskAsync(server, cancellation: cancellation.Token));

        canceled.CancellationToken.ShouldBe(cancellation.Token);
        await gone.Task;
    }

    [Fact]
    public async Task PredictAsync_NoSuchHost_SaysSo()
    {
        using EisenServingClient client = new(new Uri("http://eisen.invalid/predictions/brain"), new EisenServingClientOptions { MaxRetries = 0 });
        using FieldDictionary inputs = new();

        EisenTransportException error = await Should.ThrowAsync<EisenTransportException>(client.PredictAsync(inputs));

        error.Message.ShouldStartWith("http://eisen.invalid/predictions/brain cannot be reached: ");
        error.IsRetryable.ShouldBeTrue();
    }

    private static async Task AskAsync(FakeServer server, EisenServingClientOptions? options = null, CancellationToken cancellation = default)
    {
        using EisenServingClient client = new(server.Endpoint, options ?? new EisenServingClientOptions());
        using FieldDictionary inputs = new();
        using FieldDictionary outputs = await client.PredictAsync(inputs, cancellation);
    }
}
