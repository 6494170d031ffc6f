using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Eisen.Serve.Testing;

/// <summary>A web server on the loopback interface that answers as badly as a test wants.</summary>
public sealed class OriginServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly Func<string, Stream, CancellationToken, Task> answer;
    private readonly ConcurrentQueue<string> asked = new();

    /// <summary>Starts it.</summary>
    /// <param name="answer">Gets a request's path and writes the answer to the connection, which is closed afterwards.</param>
    public OriginServer(Func<string, Stream, CancellationToken, Task> answer)
    {
        this.answer = answer;
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Its port.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>The paths that it was asked for.</summary>
    public IReadOnlyCollection<string> Asked => asked;

    /// <summary>Writes an answer with a body.</summary>
    public static async Task SendAsync(Stream connection, byte[] body)
    {
        await connection.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
        await connection.WriteAsync(body);
    }

    /// <summary>Writes the head of an answer.</summary>
    public static async Task SendHeadAsync(Stream connection, string status, params string[] fields) =>
        await connection.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\n{string.Concat(fields.Select(field => field + "\r\n"))}\r\n"));

    /// <inheritdoc/>
    public void Dispose()
    {
        closing.Cancel();
        listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!closing.IsCancellationRequested)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(closing.Token));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                Stream connection = client.GetStream();
                using StreamReader reader = new(connection, Encoding.ASCII, false, 4096, leaveOpen: true);
                string path = (await reader.ReadLineAsync(closing.Token))?.Split(' ')[1] ?? "";
                while (!string.IsNullOrEmpty(await reader.ReadLineAsync(closing.Token)))
                {
                    // The rest of the head.
                }

                asked.Enqueue(path);
                await answer(path, connection, closing.Token);
            }
            catch (Exception end) when (end is OperationCanceledException or IOException)
            {
                // The client has had enough, or the test is over.
            }
        }
    }
}
