using System.Text;

namespace Eisen.Serve.Inference;

/// <summary>
/// Makes server-sent events of an answer's parts, one of each: <c>data:</c> and the part's lines. Events are text, so that a character may
/// begin in one part and end in the next; what is not UTF-8 becomes U+FFFD.
/// </summary>
internal sealed class EventStream
{
    /// <summary>The media type.</summary>
    public const string ContentType = "text/event-stream";

    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();
    private bool endsInReturn;

    /// <summary>Whether a client asks for events by name; one that takes anything gets the parts as they are.</summary>
    public static bool IsWanted(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals(ContentType, StringComparison.OrdinalIgnoreCase) && type.Quality is null or > 0);

    /// <summary>Makes an event.</summary>
    /// <returns>Its bytes; none when the part has only the beginning of a character.</returns>
    public byte[] Event(ReadOnlySpan<byte> part) => Event(part, flush: false);

    /// <summary>The event for what is left when the answer ends within a character.</summary>
    /// <returns>Its bytes; none when nothing is left.</returns>
    public byte[] End() => Event([], flush: true);

    /// <summary>The event that ends an answer which is not whole.</summary>
    public static byte[] Error(string message) => Event("event: error\n", message);

    private byte[] Event(ReadOnlySpan<byte> part, bool flush)
    {
        char[] decoded = new char[decoder.GetCharCount(part, flush)];
        ReadOnlySpan<char> text = decoded.AsSpan(0, decoder.GetChars(part, decoded, flush));
        if (text.IsEmpty)
            return [];
        // The second half of a line's end whose first half ended the part before.
        if (endsInReturn && text[0] == '\n')
            text = text[1..];
        endsInReturn = !text.IsEmpty && text[^1] == '\r';
        return text.IsEmpty ? [] : Event("", text.ToString());
    }

    private static byte[] Event(string kind, string data)
    {
        StringBuilder text = new(kind);
        // The three ends of a line that events know.
        foreach (string line in data.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\r', '\n'))
            text.Append("data: ").Append(line).Append('\n');
        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }
}
