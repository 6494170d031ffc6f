using System.Text;

namespace Eisen.Serve.Data;

/// <summary>Makes the values of a message in which <see cref="MessageCheck"/> found nothing wrong.</summary>
internal ref struct MessageTree(ReadOnlyMemory<byte> message)
{
    // One byte each in a message: they are not worth an object each.
    private static readonly FieldValue.Integer[] SmallIntegers = [.. Enumerable.Range(-32, 32 + 256).Select(number => new FieldValue.Integer(number))];
    private static readonly FieldValue.Bool[] Bools = [new(false), new(true)];
    private static readonly FieldValue.Map EmptyMap = new([]);

    private readonly ReadOnlyMemory<byte> message = message;
    private MessagePackReader reader = new(message.Span);

    /// <exception cref="DataFormatException">A map has the same key twice.</exception>
    public FieldValue Read()
    {
        MessagePackToken token = reader.Read();
        switch (token.Kind)
        {
            case MessagePackKind.None:
                return FieldValue.None.Instance;
            case MessagePackKind.Bool:
                return Bools[(int)token.Integer];
            case MessagePackKind.Integer:
                return token.Integer >= -32 && token.Integer < 256 ? SmallIntegers[(int)token.Integer + 32] : new FieldValue.Integer(token.Integer);
            case MessagePackKind.Float:
                return new FieldValue.Float(token.Number);
            case MessagePackKind.Text:
                return new FieldValue.Text(Encoding.UTF8.GetString(token.ContentIn(message.Span)));
            case MessagePackKind.Bytes:
                return new FieldValue.Bytes(message.Slice(token.Start, token.Count));
            case MessagePackKind.List:
                FieldValue[] items = token.Count == 0 ? [] : new FieldValue[token.Count];
                for (int i = 0; i < items.Length; i++)
                    items[i] = Read();
                return new FieldValue.List(items);
            default:
                return ReadMap(token.Count);
        }
    }

    private FieldValue ReadMap(int count)
    {
        if (count == 0)
            return EmptyMap;

        ArrayParts parts = default;
        OrderedDictionary<string, FieldValue> pairs = new(count, StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            MessagePackToken key = reader.Read();
            MessagePackReader ahead = reader;
            parts.Note(key.ContentIn(message.Span), ahead.Read());
            string name = Encoding.UTF8.GetString(key.ContentIn(message.Span));
            if (!pairs.TryAdd(name, Read()))
                throw new DataFormatException($"the key {PrintableText.Quoted(name)} at byte {key.Position} stands in the same map already");
        }

        return parts.AreThere ? new FieldValue.Array(parts.Wrap(message)) : new FieldValue.Map(pairs);
    }
}
