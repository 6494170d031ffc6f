using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Eisen.Serve.Configuration;

namespace Eisen.Serve.Background;

/// <summary>Asks a server on this machine, in bounded time and memory.</summary>
internal sealed class ServerQuestion : IDisposable
{
    private const int LongestAnswer = 4 << 20;

    private readonly HttpClient http;

    /// <summary>Prepares to ask a listener.</summary>
    /// <param name="address">Where it binds.</param>
    /// <param name="patience">How long one answer may take.</param>
    /// <param name="token">The token that it needs; null for none.</param>
    public ServerQuestion(ListenAddress address, TimeSpan patience, string? token = null)
    {
        SocketsHttpHandler handler = new() { UseProxy = false, AllowAutoRedirect = false, UseCookies = false };
        // The certificate has the name that clients use, and nobody but this machine answers here.
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        if (address.SocketPath is { } path)
            handler.ConnectCallback = (_, cancellationToken) => ConnectAsync(path, cancellationToken);
        http = new HttpClient(handler)
        {
            BaseAddress = new Uri($"{(address.IsTls ? "https" : "http")}://{new IPEndPoint(Reachable(address.Address), address.SocketPath is null ? address.Port : 80)}"),
            Timeout = patience,
            MaxResponseContentBufferSize = LongestAnswer,
        };
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Asks.</summary>
    /// <param name="path">What for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The status, and the body.</returns>
    /// <exception cref="NoAnswerException">Nobody answers, or not in time.</exception>
    public async Task<(HttpStatusCode Status, string Body)> AskAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await http.GetAsync(path, cancellationToken);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (HttpRequestException failure)
        {
            throw new NoAnswerException($"does not answer ({(failure.InnerException ?? failure).Message.TrimEnd('.')})", failure);
        }
        catch (TaskCanceledException slow) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NoAnswerException($"does not answer within {http.Timeout.TotalSeconds:0.###} s", slow);
        }
    }

    public void Dispose() => http.Dispose();

    // Whoever listens on every address listens on the loopback interface's.
    private static IPAddress Reachable(IPAddress address) =>
        address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
