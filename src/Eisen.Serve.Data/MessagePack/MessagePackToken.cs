namespace Eisen.Serve.Data;

/// <summary>One token of a message: a whole value, or the head of a list or a map.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Position">Where in the message it begins.</param>
/// <param name="Start">Where its content begins: the bytes of a text, the first item of a list.</param>
/// <param name="Count">Text, bytes: how many bytes; list: items; map: pairs.</param>
/// <param name="Integer">Integer: the number; bool: 0 or 1.</param>
/// <param name="Number">Float: the number.</param>
internal readonly record struct MessagePackToken(MessagePackKind Kind, int Position, int Start, int Count = 0, Int128 Integer = default, double Number = 0)
{
    /// <summary>The content of a text or of bytes.</summary>
    public ReadOnlySpan<byte> ContentIn(ReadOnlySpan<byte> message) => message.Slice(Start, Count);
}
