using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Eisen.Serve.EndToEnd;

/// <summary>A connection to a server on which a test decides over every byte.</summary>
public sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>Connects to a port of the loopback interface.</summary>
    public static async Task<RawConnection> OpenAsync(int port)
    {
        RawConnection connection = new();
        await connection.socket.ConnectAsync(IPAddress.Loopback, port);
        return connection;
    }

    /// <summary>Connects, sends the head of a prediction whose body has so many bytes, and waits until the server asks for them.</summary>
    public static async Task<RawConnection> AnnounceAsync(int port, string model, int length)
    {
        RawConnection connection = await OpenAsync(port);
        await connection.SendAsync(Head(model, $"Content-Length: {length}\r\nExpect: 100-continue"));
        (await connection.ReadHeadAsync()).ShouldStartWith("HTTP/1.1 100 ");
        return connection;
    }

    /// <summary>The head of a prediction.</summary>
    public static string Head(string model, string fields) => $"POST /predictions/{model} HTTP/1.1\r\nHost: here\r\n{fields}\r\n\r\n";

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using CancellationTokenSource tooLate = new(Patience);
        while (bytes.Length > 0)
            bytes = bytes[await socket.SendAsync(bytes, tooLate.Token)..];
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void EndSending() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Reads a response's status line and header, and nothing of its body.</summary>
    /// <returns>What came; less, or nothing, when the server closed the connection.</returns>
    public async Task<string> ReadHeadAsync()
    {
        using CancellationTokenSource tooLate = new(Patience);
        StringBuilder text = new();
        byte[] one = new byte[1];
        while (!(text.Length >= 4 && text.ToString(text.Length - 4, 4) == "\r\n\r\n") && await ReceiveAsync(one, tooLate.Token) > 0)
            text.Append((char)one[0]);
        return text.ToString();
    }

    /// <summary>Reads a response that tells its length, whether or not the server closes the connection then.</summary>
    public async Task<string> ReadAnswerAsync()
    {
        using CancellationTokenSource tooLate = new(Patience);
        string head = await ReadHeadAsync();
        string? length = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
        length.ShouldNotBeNull(head);
        byte[] body = new byte[int.Parse(length["Content-Length: ".Length..], CultureInfo.InvariantCulture)];
        for (int read = 0; read < body.Length;)
        {
            int count = await ReceiveAsync(body.AsMemory(read), tooLate.Token);
            count.ShouldBePositive("the body ends early");
            read += count;
        }

        return head + Encoding.Latin1.GetString(body);
    }

    /// <summary>Reads until the server closes the connection.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using CancellationTokenSource tooLate = new(Patience);
        StringBuilder text = new();
        byte[] chunk = new byte[4096];
        while (await ReceiveAsync(chunk, tooLate.Token) is int count and > 0)
            text.Append(Encoding.Latin1.GetString(chunk, 0, count));
        return text.ToString();
    }

    /// <summary>Vanishes: the server sees a reset, as from a process that died.</summary>
    public void Vanish()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    private async Task<int> ReceiveAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(into, cancellationToken);
        }
        catch (SocketException closed) when (closed.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }
}
