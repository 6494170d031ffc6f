using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Eisen.Serve.Errors;

/// <summary>An error in TorchServe's form.</summary>
/// <param name="Code">The HTTP status.</param>
/// <param name="Type">The name of the exception that TorchServe would have thrown.</param>
/// <param name="Message">What was wrong.</param>
internal sealed record TorchServeError(int Code, string Type, string Message)
{
    /// <summary>Answers the request with this error.</summary>
    public Task WriteAsync(HttpContext context)
    {
        // A handler may refuse with a status that HTTP has no phrase for.
        if (ReasonPhrases.GetReasonPhrase(Code).Length == 0 && context.Features.Get<IHttpResponseFeature>() is { } response)
            response.ReasonPhrase = $"{(Code < 500 ? "Client" : "Server")} Error ({Code})";
        return ServerJson.WriteAsync(context, this, ServerJson.Readable.TorchServeError, Code);
    }
}
