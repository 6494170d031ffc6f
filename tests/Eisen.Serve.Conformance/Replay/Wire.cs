using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Eisen.Serve.Conformance;

/// <summary>A connection that sends bytes as they are and reads one answer.</summary>
internal sealed class Wire : IDisposable
{
    private readonly TcpClient client = new() { NoDelay = true };
    private readonly CancellationTokenSource tooLate;
    private readonly byte[] buffer = new byte[65536];
    private int start;
    private int end;

    private Wire(TimeSpan patience) => tooLate = new CancellationTokenSource(patience);

    /// <summary>Sends a request and reads the answer that comes.</summary>
    /// <returns>The answer; null when the server closed the connection without one.</returns>
    /// <exception cref="OperationCanceledException">It did not come in time.</exception>
    public static async Task<WireAnswer?> AskAsync(int port, byte[] request, string method, TimeSpan patience)
    {
        using Wire wire = new(patience);
        await wire.client.ConnectAsync(IPAddress.Loopback, port, wire.tooLate.Token);
        await wire.SendAsync(request);
        WireAnswer? answer;
        do
            answer = await wire.ReadAsync(method);
        while (answer?.Status == 100);
        return answer;
    }

    public void Dispose()
    {
        client.Dispose();
        tooLate.Dispose();
    }

    private async Task SendAsync(byte[] request)
    {
        try
        {
            await client.GetStream().WriteAsync(request, tooLate.Token);
        }
        catch (IOException)
        {
            // The server may refuse a body before it has read all of it; its answer tells.
        }
    }

    private async Task<WireAnswer?> ReadAsync(string method)
    {
        StringBuilder text = new();
        while (await ReadLineAsync() is { } line)
        {
            if (line.Length > 0)
            {
                text.Append(text.Length > 0 ? "\r\n" : "").Append(line);
                continue;
            }

            WireAnswer head = WireAnswer.ParseHead(text.ToString());
            if (method == "HEAD" || head.Status is 100 or 204 or 304)
                return head;
            if (head["transfer-encoding"]?.Equals("chunked", StringComparison.OrdinalIgnoreCase) == true)
                return await ReadChunksAsync(head);
            return head with { Body = await ReadBytesAsync(head["content-length"] is { } length ? int.Parse(length, CultureInfo.InvariantCulture) : int.MaxValue) };
        }

        return null;
    }

    private async Task<WireAnswer> ReadChunksAsync(WireAnswer head)
    {
        List<byte[]> chunks = [];
        while (await ReadLineAsync() is { } line && int.Parse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is int length and > 0)
        {
            chunks.Add(await ReadBytesAsync(length));
            await ReadLineAsync();
        }

        return head with { Body = [.. chunks.SelectMany(chunk => chunk)], Chunks = chunks };
    }

    private async Task<string?> ReadLineAsync()
    {
        StringBuilder line = new();
        while (await FillAsync())
        {
            char next = (char)buffer[start++];
            if (next == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append(next);
        }

        return null;
    }

    private async Task<byte[]> ReadBytesAsync(int count)
    {
        using MemoryStream bytes = new();
        while (bytes.Length < count && await FillAsync())
        {
            int taken = (int)Math.Min(end - start, count - bytes.Length);
            bytes.Write(buffer, start, taken);
            start += taken;
        }

        return bytes.ToArray();
    }

    private async Task<bool> FillAsync()
    {
        if (start < end)
            return true;
        try
        {
            (start, end) = (0, await client.GetStream().ReadAsync(buffer, tooLate.Token));
            return end > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
