using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Json;

namespace Eisen.Serve.Logging;

/// <summary>
/// TorchServe's line for a request: time, who asked, the request line in quotes, the status, the milliseconds. A client
/// chooses the request line; nothing in it can end the quotes or the line.
/// </summary>
/// <param name="asJson">Whether to write JSON objects instead.</param>
internal sealed class AccessLineFormatter(bool asJson) : ITextFormatter
{
    private const int LongestTarget = 2048;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss,fff";

    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        if (!logEvent.Properties.TryGetValue(AccessBatch.Name, out LogEventPropertyValue? value) || value is not AccessBatch batch)
            return;
        foreach (AccessEntry entry in batch.Entries)
        {
            if (asJson)
                WriteJson(output, entry);
            else
                WriteText(output, entry);
        }
    }

    /// <summary>Writes a request's line as text.</summary>
    internal static void WriteText(TextWriter output, in AccessEntry entry)
    {
        Write(output, entry.Time, TimeFormat);
        output.Write(" - /");
        WriteRemote(output, entry);
        output.Write(" \"");
        WriteGuarded(output, entry.Method);
        output.Write(' ');
        WriteGuarded(output, entry.Target);
        output.Write(' ');
        WriteGuarded(output, entry.Protocol);
        output.Write("\" ");
        Write(output, entry.Status, default);
        output.Write(' ');
        Write(output, entry.Milliseconds, default);
        output.Write('\n');
    }

    private static void WriteJson(TextWriter output, in AccessEntry entry)
    {
        output.Write("{\"@t\":\"");
        Write(output, entry.Time, "O");
        output.Write("\",\"remote\":\"");
        WriteRemote(output, entry);
        output.Write("\",\"method\":");
        JsonValueFormatter.WriteQuotedJsonString(entry.Method, output);
        output.Write(",\"target\":");
        JsonValueFormatter.WriteQuotedJsonString(entry.Target.Length > LongestTarget ? entry.Target[..LongestTarget] : entry.Target, output);
        output.Write(",\"protocol\":");
        JsonValueFormatter.WriteQuotedJsonString(entry.Protocol, output);
        output.Write(",\"status\":");
        Write(output, entry.Status, default);
        output.Write(",\"ms\":");
        Write(output, entry.Milliseconds, default);
        output.Write(",\"request_id\":");
        JsonValueFormatter.WriteQuotedJsonString(entry.RequestId, output);
        output.Write("}\n");
    }

    private static void WriteRemote(TextWriter output, in AccessEntry entry)
    {
        if (entry.Remote is null)
        {
            output.Write("unix");
            return;
        }

        bool isBracketed = entry.Remote.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        if (isBracketed)
            output.Write('[');
        Write(output, entry.Remote, default);
        if (isBracketed)
            output.Write(']');
        output.Write(':');
        Write(output, entry.RemotePort, default);
    }

    // Percent-encoded, as the client could have written it.
    private static void WriteGuarded(TextWriter output, string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan(0, Math.Min(text.Length, LongestTarget));
        while (rest.Length > 0)
        {
            int plain = rest.IndexOfAnyExceptInRange('!', '~');
            int quote = rest.IndexOf('"');
            int stop = plain < 0 ? quote : quote < 0 ? plain : Math.Min(plain, quote);
            if (stop < 0)
                break;
            output.Write(rest[..stop]);
            output.Write(rest[stop] <= 0xFF ? string.Create(CultureInfo.InvariantCulture, $"%{(int)rest[stop]:X2}") : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)rest[stop]:X4}"));
            rest = rest[(stop + 1)..];
        }

        output.Write(rest);
        if (text.Length > LongestTarget)
            output.Write("...");
    }

    private static void Write<T>(TextWriter output, T value, ReadOnlySpan<char> format)
        where T : ISpanFormattable
    {
        Span<char> text = stackalloc char[64];
        // 64 characters are enough for a time, an IP address and a number.
        if (value.TryFormat(text, out int length, format, CultureInfo.InvariantCulture))
            output.Write(text[..length]);
    }
}
