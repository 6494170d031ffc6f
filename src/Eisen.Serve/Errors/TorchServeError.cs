namespace Eisen.Serve.Errors;

/// <summary>An error in TorchServe's form.</summary>
/// <param name="Code">The HTTP status.</param>
/// <param name="Type">The name of the exception that TorchServe would have thrown.</param>
/// <param name="Message">What was wrong.</param>
internal sealed record TorchServeError(int Code, string Type, string Message)
{
    /// <summary>Answers the request with this error.</summary>
    public Task WriteAsync(HttpContext context) => ServerJson.WriteAsync(context, this, ServerJson.Readable.TorchServeError, Code);
}
