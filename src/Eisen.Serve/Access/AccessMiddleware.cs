using Eisen.Serve.Errors;

namespace Eisen.Serve.Access;

/// <summary>Lets through who has a token. What routing found tells whether another token is asked for, or none; not the
/// path, which can be spelled in many ways.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, Tokens tokens, TokenKind listenersToken)
{
    /// <summary>Runs the request, or refuses it.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        TokenKind? needed = context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() is { } rule ? rule.Token : listenersToken;
        return needed is not { } kind || tokens.Accepts(kind, context.Request.Headers.Authorization)
            ? next(context)
            : RefuseAsync(context, kind);
    }

    /// <summary>Says that a token is missing, wrong or too old, in TorchServe's words.</summary>
    public static Task RefuseAsync(HttpContext context, TokenKind kind)
    {
        string failed = kind == TokenKind.Api ? "Authentication" : "Authorization";
        return new TorchServeError(StatusCodes.Status400BadRequest, "InvalidKeyException", $"Token {failed} failed. Token either incorrect, expired, or not provided correctly")
            .WriteAsync(context);
    }
}
