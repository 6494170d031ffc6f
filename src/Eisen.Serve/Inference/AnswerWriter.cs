using System.IO.Pipelines;
using Eisen.Serve.Errors;
using Eisen.Serve.Handlers;
using Microsoft.AspNetCore.Http.Features;

namespace Eisen.Serve.Inference;

/// <summary>Sends a prediction's answer: whole, part by part as the handler makes it, or as an error in TorchServe's form.</summary>
internal static class AnswerWriter
{
    // TorchServe's mark of an answer that comes in parts.
    private const string StreamMark = "ts_stream_next";

    // OpenTelemetry's semantic conventions want it where the server failed, and not where it refused.
    private const string ErrorType = "error.type";

    private const int LargestWrite = 1 << 20;

    // How the bytes go over the connection is the connection's matter.
    private static readonly HashSet<string> Framing = new(StringComparer.OrdinalIgnoreCase) { "Connection", "Content-Length", "Keep-Alive", "Trailer", "Transfer-Encoding", "Upgrade" };

    /// <summary>Sends the answer, and returns when all of it is on its way.</summary>
    public static async Task WriteAsync(HttpContext context, HandlerAnswer answer)
    {
        if (answer.Error != PredictionError.None)
        {
            TorchServeError error = TorchServeErrors.For(answer.Error, answer.Message, answer.Status, answer.Device);
            if (error.Code >= StatusCodes.Status500InternalServerError)
                context.Features.Get<IHttpActivityFeature>()?.Activity.SetTag(ErrorType, answer.Error.ToString());
            await error.WriteAsync(context);
            return;
        }

        WriteHead(context.Response, answer);
        if (answer.Parts is { } parts)
        {
            context.Response.Headers[StreamMark] = "true";
            // A handler may make events of its own.
            bool asEvents = EventStream.IsWanted(context.Request) && answer.ContentType?.StartsWith(EventStream.ContentType, StringComparison.OrdinalIgnoreCase) != true;
            await (asEvents ? WriteEventsAsync(context, parts) : WritePartsAsync(context, parts));
        }
        else if (MayHaveBody(context.Response.StatusCode))
        {
            context.Response.ContentLength = answer.Content.Length;
            await WriteContentAsync(context, answer.Content);
        }
    }

    // The connection copies what it is given before it waits for the client: a volume would be there twice.
    private static async Task WriteContentAsync(HttpContext context, ReadOnlyMemory<byte> content)
    {
        for (; content.Length > LargestWrite; content = content[LargestWrite..])
        {
            FlushResult written = await context.Response.BodyWriter.WriteAsync(content[..LargestWrite], context.RequestAborted);
            if (written.IsCompleted)
                return;
        }

        await context.Response.BodyWriter.WriteAsync(content, context.RequestAborted);
    }

    private static void WriteHead(HttpResponse response, HandlerAnswer answer)
    {
        if (answer.Status is { } status)
        {
            response.StatusCode = status.Code;
            if (status.Reason is { } reason && response.HttpContext.Features.Get<IHttpResponseFeature>() is { } feature)
                feature.ReasonPhrase = reason;
        }

        response.ContentType = answer.ContentType;
        for (int i = 0; i < answer.Headers.Count; i++)
        {
            // What the server says of itself and of the connection, no handler changes.
            (string name, string value) = answer.Headers[i];
            if (!response.Headers.ContainsKey(name) && !Framing.Contains(name))
                response.Headers[name] = value;
        }
    }

    private static async Task WritePartsAsync(HttpContext context, AnswerStream parts)
    {
        try
        {
            await foreach (ReadOnlyMemory<byte> part in parts.ReadAllAsync(context.RequestAborted))
                await context.Response.BodyWriter.WriteAsync(part, context.RequestAborted);
        }
        catch (BrokenAnswerException)
        {
            // The status has been sent: only a connection that breaks tells the client that the answer is not whole.
            context.Abort();
        }
    }

    private static async Task WriteEventsAsync(HttpContext context, AnswerStream parts)
    {
        context.Response.ContentType = EventStream.ContentType;
        EventStream events = new();
        try
        {
            await foreach (ReadOnlyMemory<byte> part in parts.ReadAllAsync(context.RequestAborted))
                await context.Response.BodyWriter.WriteAsync(events.Event(part.Span), context.RequestAborted);
            await context.Response.BodyWriter.WriteAsync(events.End(), context.RequestAborted);
        }
        catch (BrokenAnswerException broken)
        {
            await context.Response.BodyWriter.WriteAsync(EventStream.Error(TorchServeErrors.For(broken.Error, broken.Message).Message), context.RequestAborted);
        }
    }

    private static bool MayHaveBody(int status) =>
        status is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified);
}
