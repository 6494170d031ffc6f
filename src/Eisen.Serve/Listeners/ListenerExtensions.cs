using Eisen.Serve.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Eisen.Serve.Listeners;

/// <summary>Opens listeners, and sends each connection's requests to the routes of its listener.</summary>
internal static class ListenerExtensions
{
    /// <summary>Opens a listener whose connections carry its role: not the port or the host header of a request, which a
    /// client chooses, but the socket that it came in by.</summary>
    public static void Listen(this KestrelServerOptions kestrel, ListenAddress address, ListenerRole role) =>
        kestrel.Listen(address.Address, address.Port, listen => listen.Use(next => connection =>
        {
            connection.Features.Set(new RoleFeature(role));
            return next(connection);
        }));

    /// <summary>Adds a listener's own pipeline.</summary>
    public static void MapListener(this IApplicationBuilder app, ListenerRole role, Action<IApplicationBuilder> configure, Action<IEndpointRouteBuilder> map) =>
        app.MapWhen(context => context.Features.Get<RoleFeature>()?.Role == role, branch =>
        {
            configure(branch);
            branch.UseRouting();
            branch.UseEndpoints(map);
        });

    private sealed record RoleFeature(ListenerRole Role);
}
