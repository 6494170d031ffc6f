using System.Globalization;
using System.Text;

namespace Eisen.Serve.Conformance;

/// <summary>An answer as it came over the wire.</summary>
/// <param name="Status">The status.</param>
/// <param name="Reason">The reason phrase, often empty.</param>
/// <param name="Headers">The header fields in their order.</param>
/// <param name="Body">The body, put together when it came in chunks.</param>
/// <param name="Chunks">The chunks; null when it did not come so.</param>
internal sealed record WireAnswer(
    int Status, string Reason, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body, IReadOnlyList<byte[]>? Chunks = null)
{
    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>A header field's value, or null.</summary>
    public string? this[string name] => Headers.FirstOrDefault(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>Reads an answer that has a length from bytes.</summary>
    public static WireAnswer Parse(byte[] bytes)
    {
        int end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        WireAnswer head = ParseHead(Encoding.Latin1.GetString(bytes, 0, end));
        return head with { Body = bytes[(end + 4)..] };
    }

    /// <summary>Reads a status line and header fields.</summary>
    public static WireAnswer ParseHead(string head)
    {
        string[] lines = head.Split("\r\n");
        string[] status = lines[0].Split(' ', 3);
        return new WireAnswer(
            int.Parse(status[1], CultureInfo.InvariantCulture),
            status.Length > 2 ? status[2] : "",
            [.. lines.Skip(1).Select(line => line.Split(':', 2)).Select(field => new KeyValuePair<string, string>(field[0], field[1].Trim()))],
            []);
    }
}
