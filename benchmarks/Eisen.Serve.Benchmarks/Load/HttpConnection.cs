using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Eisen.Serve.Benchmarks.Load;

/// <summary>
/// A keep-alive HTTP/1.1 connection with one request at a time, on a blocking socket: a thread that waits in the kernel
/// for its answer costs the processor less than anything that dispatches it.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] buffer = new byte[1 << 16];
    private int headLength;
    private int length;

    public HttpConnection(int port)
    {
        socket.ReceiveTimeout = socket.SendTimeout = (int)Patience.TotalMilliseconds;
        socket.Connect(IPAddress.Loopback, port);
    }

    /// <summary>The status of the last answer.</summary>
    public int Status { get; private set; }

    /// <summary>The head of the last answer.</summary>
    public ReadOnlySpan<byte> Head => buffer.AsSpan(0, headLength);

    /// <summary>The body of the last answer.</summary>
    public ReadOnlySpan<byte> Body => buffer.AsSpan(headLength, length - headLength);

    /// <summary>A request as it is sent.</summary>
    public static byte[] Format(Question question, ReadOnlySpan<byte> body)
    {
        StringBuilder head = new($"POST {question.Path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {body.Length}\r\n");
        foreach ((string name, string value) in question.Headers)
            head.Append($"{name}: {value}\r\n");
        head.Append("\r\n");
        return [.. Encoding.ASCII.GetBytes(head.ToString()), .. body];
    }

    /// <summary>Sends a request and reads its answer.</summary>
    /// <exception cref="ScenarioFailedException">The connection was closed, or the answer is not HTTP with a Content-Length.</exception>
    public void Exchange(ReadOnlySpan<byte> request)
    {
        while (!request.IsEmpty)
            request = request[socket.Send(request)..];

        length = 0;
        int end;
        do
        {
            Receive();
            end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
        }
        while (end < 0);

        headLength = end + 4;
        int total = headLength + ReadHead();
        if (total > buffer.Length)
            Array.Resize(ref buffer, total);
        while (length < total)
            Receive();
        if (length > total)
            throw new ScenarioFailedException("the answer is longer than its Content-Length");
    }

    /// <summary>Finds a header of the last answer.</summary>
    public bool FindHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> rest = Head;
        for (int end = rest.IndexOf("\r\n"u8); end > 0; end = rest.IndexOf("\r\n"u8))
        {
            ReadOnlySpan<byte> line = rest[..end];
            rest = rest[(end + 2)..];
            if (line.Length > name.Length && line[name.Length] == ':' && Ascii.EqualsIgnoreCase(line[..name.Length], name))
            {
                value = line[(name.Length + 1)..].Trim((byte)' ');
                return true;
            }
        }

        value = default;
        return false;
    }

    public void Dispose() => socket.Dispose();

    private void Receive()
    {
        if (length == buffer.Length)
            throw new ScenarioFailedException("the answer's head is longer than 64 KiB");
        int received = socket.Receive(buffer.AsSpan(length));
        if (received == 0)
            throw new ScenarioFailedException("the server closed a connection");
        length += received;
    }

    // The body's length.
    private int ReadHead()
    {
        ReadOnlySpan<byte> head = Head;
        if (!head.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(head[9..], out int status, out _))
            throw new ScenarioFailedException("the answer is not HTTP/1.1");
        Status = status;
        if (FindHeader("Content-Length"u8, out ReadOnlySpan<byte> text) && Utf8Parser.TryParse(text, out int body, out _))
            return body;
        throw new ScenarioFailedException($"an answer with status {status} has no Content-Length");
    }
}
