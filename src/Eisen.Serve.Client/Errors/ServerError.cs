using System.Text.Json;

namespace Eisen.Serve.Client;

/// <summary>An error in TorchServe's form, or what comes nearest to it.</summary>
/// <param name="Code">The code that the answer names.</param>
/// <param name="Type">The error's name; null when the answer has another form.</param>
/// <param name="Message">What was wrong, or the answer's first characters.</param>
internal sealed record ServerError(int Code, string? Type, string Message)
{
    /// <summary>What TorchServe and Eisen.Serve call an error that they give before any worker has seen the request: the queue is
    /// full, or there is no worker. A model that fails has the same status, 503, but is an InternalServerException.</summary>
    public const string RefusedType = "ServiceUnavailableException";

    /// <summary>Reads an answer's body.</summary>
    /// <param name="status">The answer's status.</param>
    /// <param name="body">The body, or its beginning.</param>
    public static ServerError Read(int status, string body)
    {
        try
        {
            if (JsonSerializer.Deserialize(body, ServerErrorJson.Default.ServerErrorBody) is { Type: { } type } error)
                return new ServerError(error.Code ?? status, type, error.Message ?? "");
        }
        catch (JsonException)
        {
            // Not TorchServe's form: a proxy's page, for example.
        }

        return new ServerError(status, null, body.Trim());
    }
}
