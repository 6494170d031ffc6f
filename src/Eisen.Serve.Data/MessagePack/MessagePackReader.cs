using System.Buffers.Binary;

namespace Eisen.Serve.Data;

/// <summary>
/// Reads a message token by token. A length or a count is checked against the bytes that are left before anybody sees it.
/// </summary>
internal ref struct MessagePackReader(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> message = message;

    /// <summary>Where the next token begins.</summary>
    public int Position { get; set; }

    /// <summary>How many bytes follow.</summary>
    public readonly int Left => message.Length - Position;

    /// <summary>Reads the next token.</summary>
    /// <exception cref="DataFormatException">There is none, it is cut off, or it is of a type that Eisen's messages have
    /// not.</exception>
    public MessagePackToken Read()
    {
        int position = Position;
        byte code = Take(position, 1)[0];
        return code switch
        {
            <= 0x7f => Integer(position, code),
            <= 0x8f => Items(MessagePackKind.Map, position, (uint)code & 0x0f),
            <= 0x9f => Items(MessagePackKind.List, position, (uint)code & 0x0f),
            <= 0xbf => Content(MessagePackKind.Text, position, (uint)code & 0x1f),
            0xc0 => new MessagePackToken(MessagePackKind.None, position, Position),
            0xc2 or 0xc3 => new MessagePackToken(MessagePackKind.Bool, position, Position, Integer: code - 0xc2),
            0xc4 => Content(MessagePackKind.Bytes, position, Take(position, 1)[0]),
            0xc5 => Content(MessagePackKind.Bytes, position, BinaryPrimitives.ReadUInt16BigEndian(Take(position, 2))),
            0xc6 => Content(MessagePackKind.Bytes, position, BinaryPrimitives.ReadUInt32BigEndian(Take(position, 4))),
            0xca => Float(position, BinaryPrimitives.ReadSingleBigEndian(Take(position, 4))),
            0xcb => Float(position, BinaryPrimitives.ReadDoubleBigEndian(Take(position, 8))),
            0xcc => Integer(position, Take(position, 1)[0]),
            0xcd => Integer(position, BinaryPrimitives.ReadUInt16BigEndian(Take(position, 2))),
            0xce => Integer(position, BinaryPrimitives.ReadUInt32BigEndian(Take(position, 4))),
            0xcf => Integer(position, BinaryPrimitives.ReadUInt64BigEndian(Take(position, 8))),
            0xd0 => Integer(position, (sbyte)Take(position, 1)[0]),
            0xd1 => Integer(position, BinaryPrimitives.ReadInt16BigEndian(Take(position, 2))),
            0xd2 => Integer(position, BinaryPrimitives.ReadInt32BigEndian(Take(position, 4))),
            0xd3 => Integer(position, BinaryPrimitives.ReadInt64BigEndian(Take(position, 8))),
            0xd9 => Content(MessagePackKind.Text, position, Take(position, 1)[0]),
            0xda => Content(MessagePackKind.Text, position, BinaryPrimitives.ReadUInt16BigEndian(Take(position, 2))),
            0xdb => Content(MessagePackKind.Text, position, BinaryPrimitives.ReadUInt32BigEndian(Take(position, 4))),
            0xdc => Items(MessagePackKind.List, position, BinaryPrimitives.ReadUInt16BigEndian(Take(position, 2))),
            0xdd => Items(MessagePackKind.List, position, BinaryPrimitives.ReadUInt32BigEndian(Take(position, 4))),
            0xde => Items(MessagePackKind.Map, position, BinaryPrimitives.ReadUInt16BigEndian(Take(position, 2))),
            0xdf => Items(MessagePackKind.Map, position, BinaryPrimitives.ReadUInt32BigEndian(Take(position, 4))),
            >= 0xe0 => Integer(position, (sbyte)code),
            _ => throw new DataFormatException($"at byte {position} is the code 0x{code:x2}, which stands for nothing that Eisen's messages have"),
        };
    }

    private MessagePackToken Content(MessagePackKind kind, int position, uint length)
    {
        if (length > Left)
            throw new DataFormatException($"{NameOf(kind)} at byte {position} should have {length} bytes, but {Left} are left");
        MessagePackToken token = new(kind, position, Position, (int)length);
        Position += (int)length;
        return token;
    }

    private readonly MessagePackToken Items(MessagePackKind kind, int position, uint count)
    {
        // The least that an item takes is one byte.
        long least = kind == MessagePackKind.Map ? 2L * count : count;
        if (least > Left)
            throw new DataFormatException($"{NameOf(kind)} at byte {position} should have {count} {(kind == MessagePackKind.Map ? "pairs" : "items")}, but {Left} bytes are left");
        return new MessagePackToken(kind, position, Position, (int)count);
    }

    private readonly MessagePackToken Integer(int position, Int128 number) => new(MessagePackKind.Integer, position, Position, Integer: number);

    private readonly MessagePackToken Float(int position, double number) => new(MessagePackKind.Float, position, Position, Number: number);

    private ReadOnlySpan<byte> Take(int position, int count)
    {
        if (count > Left)
            throw new DataFormatException(position == message.Length ? $"the message ends at byte {position}, where a value should follow" : $"the value at byte {position} is cut off");
        ReadOnlySpan<byte> taken = message.Slice(Position, count);
        Position += count;
        return taken;
    }

    internal static string NameOf(MessagePackKind kind) => kind switch
    {
        MessagePackKind.None => "nil",
        MessagePackKind.Bool => "a bool",
        MessagePackKind.Integer => "an integer",
        MessagePackKind.Float => "a float",
        MessagePackKind.Text => "a string",
        MessagePackKind.Bytes => "a bin",
        MessagePackKind.List => "a list",
        _ => "a map",
    };
}
