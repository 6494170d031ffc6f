using System.Net;
using System.Net.Sockets;
using Eisen.Serve.Configuration;

namespace Eisen.Serve.Listeners;

/// <summary>Tells which listener cannot be opened: the web server opens several, and its message need not say which one
/// it was.</summary>
internal static class ListenerFault
{
    /// <summary>Tries to open each of them; to be called when the web server has closed its own.</summary>
    /// <param name="listeners">Where each is set, and its address.</param>
    /// <returns>The first that cannot be opened, and why, in half a sentence; null when all can.</returns>
    public static string? Find(IEnumerable<(string Key, ListenAddress Address)> listeners)
    {
        foreach ((string key, ListenAddress address) in listeners)
        {
            EndPoint place = address.SocketPath is { } path ? new UnixDomainSocketEndPoint(path) : new IPEndPoint(address.Address, address.Port);
            using Socket socket = new(place.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Bind(place);
                socket.Listen();
                if (address.SocketPath is { } made)
                    File.Delete(made);
            }
            catch (SocketException failure)
            {
                return $"{key} is {address}, {Reason(failure)}";
            }
        }

        return null;
    }

    private static string Reason(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "where another program listens already",
        SocketError.AccessDenied => "which only root may open",
        SocketError.AddressNotAvailable => "which is no address of this machine",
        _ => $"which cannot be opened: {failure.Message}",
    };
}
