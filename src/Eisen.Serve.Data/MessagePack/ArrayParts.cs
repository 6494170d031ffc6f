namespace Eisen.Serve.Data;

/// <summary>
/// The parts of an array among a map's pairs: <c>{"__ndarray__": true, "data": bin, "shape": [2, 3], "type": "float32"}</c>,
/// in any order. A map is an array when it has the first key.
/// </summary>
internal struct ArrayParts
{
    private MessagePackToken? mark;
    private MessagePackToken? data;
    private MessagePackToken? shape;
    private MessagePackToken? type;
    private bool isTwice;

    /// <summary>Whether the map is an array.</summary>
    public readonly bool AreThere => mark is not null;

    /// <summary>Takes a pair, if it is one of the parts.</summary>
    public void Note(ReadOnlySpan<byte> key, MessagePackToken value)
    {
        if (key.SequenceEqual("__ndarray__"u8))
            Set(ref mark, value);
        else if (key.SequenceEqual("data"u8))
            Set(ref data, value);
        else if (key.SequenceEqual("shape"u8))
            Set(ref shape, value);
        else if (key.SequenceEqual("type"u8))
            Set(ref type, value);
    }

    /// <summary>Checks that the parts make an array.</summary>
    /// <param name="message">The message that they are in, whose own structure has been checked.</param>
    /// <exception cref="DataFormatException">They do not.</exception>
    public readonly void Check(ReadOnlySpan<byte> message)
    {
        if (isTwice)
            throw new DataFormatException("an array has one of '__ndarray__', 'data', 'shape' and 'type' twice");
        if (mark is not { Kind: MessagePackKind.Bool } truth || truth.Integer == 0)
            throw new DataFormatException("an array's '__ndarray__' must be true");
        Span<long> lengths = stackalloc long[NumpyArray.MaxDimensions];
        int dimensions = ReadShape(message, lengths);
        NumpyArray.RequireFit(ReadType(message), lengths[..dimensions], Required(data, MessagePackKind.Bytes, "data").Count);
    }

    /// <summary>Makes the array, which lies in the message if it can.</summary>
    /// <param name="message">The message, for which <see cref="Check"/> found nothing wrong.</param>
    public readonly NDArray Wrap(ReadOnlyMemory<byte> message)
    {
        Span<long> lengths = stackalloc long[NumpyArray.MaxDimensions];
        int dimensions = ReadShape(message.Span, lengths);
        MessagePackToken bytes = Required(data, MessagePackKind.Bytes, "data");
        return NumpyArray.Wrap(ReadType(message.Span), lengths[..dimensions], message.Slice(bytes.Start, bytes.Count));
    }

    private void Set(ref MessagePackToken? part, MessagePackToken value)
    {
        isTwice |= part is not null;
        part = value;
    }

    private readonly NumpyType ReadType(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> name = Required(type, MessagePackKind.Text, "type").ContentIn(message);
        return NumpyType.TryParse(name, out NumpyType found) ? found : throw NumpyArray.UnknownType(name);
    }

    private readonly int ReadShape(ReadOnlySpan<byte> message, Span<long> lengths)
    {
        MessagePackToken list = Required(shape, MessagePackKind.List, "shape");
        if (list.Count > lengths.Length)
            throw new DataFormatException($"an array has {list.Count} dimensions; {lengths.Length} is the most");
        MessagePackReader reader = new(message) { Position = list.Start };
        for (int i = 0; i < list.Count; i++)
        {
            MessagePackToken length = reader.Read();
            if (length.Kind != MessagePackKind.Integer)
                throw new DataFormatException($"an array's shape holds {MessagePackReader.NameOf(length.Kind)}; it takes integers");
            if (length.Integer > long.MaxValue)
                throw new DataFormatException($"an array's dimension of {length.Integer} is more than any can be");
            lengths[i] = (long)length.Integer;
        }

        return list.Count;
    }

    private static MessagePackToken Required(MessagePackToken? part, MessagePackKind kind, string key)
    {
        if (part is not { } token)
            throw new DataFormatException($"an array has no '{key}'; it takes {MessagePackReader.NameOf(kind)}");
        return token.Kind == kind
            ? token
            : throw new DataFormatException($"an array's '{key}' is {MessagePackReader.NameOf(token.Kind)}; it takes {MessagePackReader.NameOf(kind)}");
    }
}
