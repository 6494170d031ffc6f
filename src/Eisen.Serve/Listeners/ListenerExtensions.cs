using System.Net.Sockets;
using System.Security.Authentication;
using Eisen.Serve.Access;
using Eisen.Serve.Background;
using Eisen.Serve.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Eisen.Serve.Listeners;

/// <summary>Opens listeners, and sends each connection's requests to the routes of its listener.</summary>
internal static class ListenerExtensions
{
    /// <summary>Opens a listener whose connections carry its role: not the port or the host header of a request, which a
    /// client chooses, but the socket that it came in by.</summary>
    /// <param name="kestrel">The web server.</param>
    /// <param name="role">What it is for.</param>
    /// <param name="address">Where it binds.</param>
    /// <param name="certificate">What it proves its name with; must be there when it speaks TLS.</param>
    public static void Listen(this KestrelServerOptions kestrel, ListenerRole role, ListenAddress address, ServerCertificate? certificate)
    {
        if (address.SocketPath is { } path)
        {
            RemoveStaleSocket(path);
            kestrel.ListenUnixSocket(path, Configure);
        }
        else
        {
            kestrel.Listen(address.Address, address.Port, Configure);
        }

        void Configure(ListenOptions listen)
        {
            listen.Use(next => connection =>
            {
                connection.Features.Set(new RoleFeature(role));
                return next(connection);
            });
            if (address.IsTls)
                listen.UseHttps(Tls(certificate!));
        }
    }

    /// <summary>Adds a listener's own pipeline. Its endpoints carry its role, and its token is needed for everything that
    /// does not say otherwise.</summary>
    public static void MapListener(this IApplicationBuilder app, ListenerRole role, Action<IApplicationBuilder> configure, Action<IEndpointRouteBuilder> map) =>
        app.MapWhen(context => context.Features.Get<RoleFeature>()?.Role == role, branch =>
        {
            branch.UseRouting();
            branch.UseAccess(role);
            configure(branch);
            branch.UseEndpoints(endpoints => map(endpoints.MapGroup("").WithMetadata(new RoleFeature(role))));
        });

    private static HttpsConnectionAdapterOptions Tls(ServerCertificate certificate) => new()
    {
        ServerCertificate = certificate.Certificate,
        ServerCertificateChain = certificate.Chain,
        SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
    };

    // One that a server which was killed has left behind; nobody answers on it, and nothing could be bound in its place.
    private static void RemoveStaleSocket(string path)
    {
        // A connection to any other file is refused as well.
        if (!Posix.IsSocket(path))
            return;
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
        catch (SocketException)
        {
            // Binding will tell.
        }
    }
}
