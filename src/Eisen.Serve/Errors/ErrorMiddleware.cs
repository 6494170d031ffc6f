using Eisen.Serve.Hosting;
using Eisen.Serve.Logging;
using Eisen.Serve.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Eisen.Serve.Errors;

/// <summary>Gives every failure that nothing else answered TorchServe's form: statuses without a body, requests that
/// Kestrel refuses while they are read, and exceptions. Counts the request while it runs, and counts and logs its answer.</summary>
internal sealed partial class ErrorMiddleware(RequestDelegate next, RequestsUnderWay underWay, AnswerCounts counts, AccessLog accessLog, ILogger<ErrorMiddleware> logger)
{
    /// <summary>Runs the request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        underWay.Begin();
        long start = accessLog.Begin();
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response.StatusCode >= 400 && context.Response.ContentLength is null)
                await TorchServeErrors.For(context.Response.StatusCode).WriteAsync(context);
        }
        catch (BadHttpRequestException tooLarge) when (tooLarge.StatusCode == StatusCodes.Status413PayloadTooLarge && !context.Response.HasStarted)
        {
            RefuseTooLarge(context);
        }
        catch (BadHttpRequestException refused) when (!context.Response.HasStarted)
        {
            await TorchServeErrors.For(refused.StatusCode, refused.Message).WriteAsync(context);
        }
        catch (Exception gone) when (gone is ConnectionResetException or ConnectionAbortedException || (gone is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested))
        {
            // The client has gone away, which a read may notice before the token does: there is nobody to answer, and nothing went wrong here.
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            RequestFailed(logger, failure, context.TraceIdentifier);
            if (!context.RequestAborted.IsCancellationRequested)
                await TorchServeErrors.For(StatusCodes.Status500InternalServerError).WriteAsync(context);
        }
        finally
        {
            underWay.End(context.RequestAborted.IsCancellationRequested);
            counts.Add(context.Response.StatusCode);
            accessLog.Write(context, start);
        }
    }

    // TorchServe says nothing more here, and says it with the phrase of an older HTTP.
    private static void RefuseTooLarge(HttpContext context)
    {
        context.Response.Clear();
        context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
        if (context.Features.Get<IHttpResponseFeature>() is { } response)
            response.ReasonPhrase = "Request Entity Too Large";
        context.Response.ContentLength = 0;
    }

    [LoggerMessage(3001, LogLevel.Error, "Request {RequestId} failed inside the server.")]
    private static partial void RequestFailed(ILogger logger, Exception failure, string requestId);
}
