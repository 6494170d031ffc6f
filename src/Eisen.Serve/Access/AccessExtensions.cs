using Eisen.Serve.Configuration;
using Eisen.Serve.Listeners;

namespace Eisen.Serve.Access;

/// <summary>The door to a listener: whatever has no rule of its own needs the listener's token.</summary>
internal static class AccessExtensions
{
    /// <summary>Refuses whoever has no token, on this listener's branch; nothing when no tokens are needed. It comes after
    /// routing and before everything that answers: also a path that is not there is not answered without a token.</summary>
    public static void UseAccess(this IApplicationBuilder branch, ListenerRole role)
    {
        if (branch.ApplicationServices.GetService<Tokens>() is { } tokens && TokenFor(role, branch.ApplicationServices.GetRequiredService<ServerSettings>().Access) is { } token)
            branch.UseMiddleware<AccessMiddleware>(tokens, token);
    }

    /// <summary>Lets everybody ask this, as health probes must.</summary>
    public static TBuilder WithoutToken<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new AccessRule(null));

    /// <summary>Maps <c>/token</c>, which renews a generated token; nothing when no tokens are needed.</summary>
    public static void MapTokens(this IEndpointRouteBuilder endpoints)
    {
        if (endpoints.ServiceProvider.GetService<Tokens>() is not { } tokens)
            return;
        // TorchServe looks at no method here.
        endpoints.Map("/token", context => RenewAsync(context, tokens))
            .WithMetadata(new AccessRule(TokenKind.Api))
            .WithTags("Tokens")
            .WithSummary("Replace the inference or the management token (type=inference, type=management) by a new one, which the key file then has.");
    }

    private static Task RenewAsync(HttpContext context, Tokens tokens)
    {
        TokenKind? kind = context.Request.Query["type"] switch
        {
            ["inference"] => TokenKind.Inference,
            ["management"] => TokenKind.Management,
            _ => null,
        };
        if (kind is null || !tokens.TryRenew(kind.Value))
            return AccessMiddleware.RefuseAsync(context, TokenKind.Api);
        // The new token is for those who may read the key file.
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = 1;
        return context.Response.WriteAsync("\n", context.RequestAborted);
    }

    private static TokenKind? TokenFor(ListenerRole role, AccessSettings access) => role switch
    {
        ListenerRole.Inference => TokenKind.Inference,
        ListenerRole.Management => TokenKind.Management,
        ListenerRole.Metrics => access.CoversMetrics ? TokenKind.Management : null,
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "Nobody has said which token this listener needs. This is a bug."),
    };
}
