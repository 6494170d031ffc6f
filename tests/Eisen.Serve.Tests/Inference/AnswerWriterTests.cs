using System.Text;
using Eisen.Serve.Handlers;
using Eisen.Serve.Inference;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Eisen.Serve.Tests.Inference;

public sealed class AnswerWriterTests
{
    [Fact]
    public async Task WriteAsync_HandlersStatusAndHeaders_AreSentButNotTheServersOwn()
    {
        DefaultHttpContext context = NewContext();
        context.Response.Headers["x-request-id"] = "ours";
        KeyValuePair<string, string>[] headers = [new("X-Custom", "value-1"), new("X-Request-Id", "theirs"), new("Transfer-Encoding", "chunked"), new("content-length", "7")];

        await AnswerWriter.WriteAsync(context, HandlerAnswer.Success("made"u8.ToArray(), "text/plain", headers: headers, status: new AnswerStatus(418, "I am a teapot")));

        context.Response.StatusCode.ShouldBe(418);
        context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase.ShouldBe("I am a teapot");
        context.Response.ContentLength.ShouldBe(4);
        context.Response.ContentType.ShouldBe("text/plain");
        context.Response.Headers["X-Custom"].ToString().ShouldBe("value-1");
        context.Response.Headers["x-request-id"].ToString().ShouldBe("ours");
        context.Response.Headers.ShouldNotContainKey("Transfer-Encoding");
        Body(context).ShouldBe("made");
    }

    [Fact]
    public async Task WriteAsync_NoContentStatus_SendsNoBody()
    {
        DefaultHttpContext context = NewContext();

        await AnswerWriter.WriteAsync(context, HandlerAnswer.Success("dropped"u8.ToArray(), status: new AnswerStatus(204)));

        context.Response.ContentLength.ShouldBeNull();
        Body(context).ShouldBe("");
    }

    [Fact]
    public async Task WriteAsync_Parts_AreSentWithTorchServesMark()
    {
        DefaultHttpContext context = NewContext();
        AnswerStream parts = new();
        parts.Write("chunk-0;"u8.ToArray());
        parts.End(HandlerAnswer.Success("last"u8.ToArray()));

        await AnswerWriter.WriteAsync(context, HandlerAnswer.Streamed(parts, "text/event-stream"));

        context.Response.Headers["ts_stream_next"].ToString().ShouldBe("true");
        context.Response.ContentLength.ShouldBeNull();
        Body(context).ShouldBe("chunk-0;last");
    }

    [Fact]
    public async Task WriteAsync_PartsBreak_BreaksTheConnection()
    {
        DefaultHttpContext context = NewContext();
        BreakableConnection connection = new();
        context.Features.Set<IHttpRequestLifetimeFeature>(connection);
        AnswerStream parts = new();
        parts.Write("chunk-0;"u8.ToArray());
        parts.End(HandlerAnswer.Failure(PredictionError.WorkerDied, "killed"));

        await AnswerWriter.WriteAsync(context, HandlerAnswer.Streamed(parts));

        connection.IsBroken.ShouldBeTrue();
    }

    private static DefaultHttpContext NewContext() => new() { Response = { Body = new MemoryStream() } };

    private static string Body(HttpContext context) => Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());

    private sealed class BreakableConnection : IHttpRequestLifetimeFeature
    {
        public bool IsBroken { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => IsBroken = true;
    }
}
