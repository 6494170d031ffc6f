using System.Net;
using Eisen.Serve.Data;

namespace Eisen.Serve.Client;

/// <summary>The server answered with an error.</summary>
public sealed class EisenServerException : EisenServingException
{
    internal EisenServerException(HttpStatusCode status, ServerError error, string? requestId, bool isRetryable)
        : base(Describe(status, error, requestId))
    {
        Status = status;
        Code = error.Code;
        Type = error.Type;
        ServerMessage = error.Message;
        RequestId = requestId;
        IsRetryable = isRetryable;
    }

    /// <summary>The answer's HTTP status.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The code that the server gives in its answer, as a rule the status; the status where there is none.</summary>
    public int Code { get; }

    /// <summary>The server's name for the error, such as <c>ModelNotFoundException</c>; null where it gives none: then
    /// something between here and there has answered.</summary>
    public string? Type { get; }

    /// <summary>What was wrong, in the server's words; the answer's first characters where it has not TorchServe's form.</summary>
    public string ServerMessage { get; }

    /// <summary>The request's id in the server's log, where it gives one.</summary>
    public string? RequestId { get; }

    private static string Describe(HttpStatusCode status, ServerError error, string? requestId)
    {
        string name = error.Type is null ? $"{(int)status} {status}" : $"{error.Code} {PrintableText.Shortened(error.Type)}";
        string id = requestId is null ? "" : $" (request {PrintableText.Shortened(requestId)})";
        if (status == HttpStatusCode.RequestEntityTooLarge)
            name += ": the request is larger than the server's max_request_size";
        return error.Message.Length == 0 ? $"The server answered {name}{id}." : $"The server answered {name}: {PrintableText.Shortened(error.Message, 1000)}{id}";
    }
}
