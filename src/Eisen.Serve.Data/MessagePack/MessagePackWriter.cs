using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Eisen.Serve.Data;

/// <summary>Writes values as Python's msgpack does: each number and length in the fewest bytes, floats as 64 bits.</summary>
internal readonly struct MessagePackWriter(IBufferWriter<byte> output)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public void Write(FieldValue value, int depth)
    {
        if (depth > FieldValue.MaxDepth)
            throw new ArgumentException($"The value is nested deeper than {FieldValue.MaxDepth} levels.", nameof(value));
        switch (value)
        {
            case FieldValue.Array array:
                WriteArray(array.Elements);
                break;
            case FieldValue.Text text:
                WriteText(text.Content);
                break;
            case FieldValue.Bytes bytes:
                WriteBytes(bytes.Content);
                break;
            case FieldValue.Integer integer:
                WriteInteger(integer.Number);
                break;
            case FieldValue.Float real:
                BinaryPrimitives.WriteDoubleBigEndian(Code(0xcb, sizeof(double)), real.Number);
                output.Advance(1 + sizeof(double));
                break;
            case FieldValue.Bool truth:
                WriteCode(truth.Truth ? (byte)0xc3 : (byte)0xc2);
                break;
            case FieldValue.List list:
                WriteLength(list.Items.Count, 0x90, 15, 0, 0xdc);
                foreach (FieldValue item in list.Items)
                    Write(item, depth + 1);
                break;
            case FieldValue.Map map:
                WriteLength(map.Items.Count, 0x80, 15, 0, 0xde);
                foreach ((string name, FieldValue item) in map.Items)
                {
                    WriteText(name);
                    Write(item, depth + 1);
                }

                break;
            case FieldValue.None:
                WriteCode(0xc0);
                break;
        }
    }

    private void WriteArray(NDArray array)
    {
        WriteCode(0x84);
        WriteText("__ndarray__");
        WriteCode(0xc3);
        WriteText("data");
        WriteBytes(array.Memory);
        WriteText("shape");
        WriteLength(array.Shape.Length, 0x90, 15, 0, 0xdc);
        foreach (long dimension in array.Shape)
            WriteInteger(dimension);
        WriteText("type");
        WriteText(array.DType.TypeName);
    }

    private void WriteText(string text)
    {
        int length = StrictUtf8.GetByteCount(text);
        WriteLength(length, 0xa0, 31, 0xd9, 0xda);
        StrictUtf8.GetBytes(text, output.GetSpan(length));
        output.Advance(length);
    }

    private void WriteBytes(ReadOnlyMemory<byte> bytes)
    {
        WriteLength(bytes.Length, 0, -1, 0xc4, 0xc5);
        if (output is SegmentedBuffer segments)
            segments.Append(bytes);
        else
            output.Write(bytes.Span);
    }

    private void WriteInteger(Int128 number)
    {
        if (number > ulong.MaxValue || number < long.MinValue)
            throw new ArgumentException($"The integer {number} is outside of -2^63 to 2^64 - 1.", nameof(number));
        if (number >= 0)
            WriteUnsigned((ulong)number);
        else
            WriteNegative((long)number);
    }

    private void WriteUnsigned(ulong number)
    {
        switch (number)
        {
            case < 0x80:
                WriteCode((byte)number);
                break;
            case <= byte.MaxValue:
                Code(0xcc, sizeof(byte))[0] = (byte)number;
                output.Advance(1 + sizeof(byte));
                break;
            case <= ushort.MaxValue:
                BinaryPrimitives.WriteUInt16BigEndian(Code(0xcd, sizeof(ushort)), (ushort)number);
                output.Advance(1 + sizeof(ushort));
                break;
            case <= uint.MaxValue:
                BinaryPrimitives.WriteUInt32BigEndian(Code(0xce, sizeof(uint)), (uint)number);
                output.Advance(1 + sizeof(uint));
                break;
            default:
                BinaryPrimitives.WriteUInt64BigEndian(Code(0xcf, sizeof(ulong)), number);
                output.Advance(1 + sizeof(ulong));
                break;
        }
    }

    private void WriteNegative(long number)
    {
        switch (number)
        {
            case >= -32:
                WriteCode(unchecked((byte)number));
                break;
            case >= sbyte.MinValue:
                Code(0xd0, sizeof(sbyte))[0] = unchecked((byte)number);
                output.Advance(1 + sizeof(sbyte));
                break;
            case >= short.MinValue:
                BinaryPrimitives.WriteInt16BigEndian(Code(0xd1, sizeof(short)), (short)number);
                output.Advance(1 + sizeof(short));
                break;
            case >= int.MinValue:
                BinaryPrimitives.WriteInt32BigEndian(Code(0xd2, sizeof(int)), (int)number);
                output.Advance(1 + sizeof(int));
                break;
            default:
                BinaryPrimitives.WriteInt64BigEndian(Code(0xd3, sizeof(long)), number);
                output.Advance(1 + sizeof(long));
                break;
        }
    }

    /// <summary>Writes the head of something that has a length.</summary>
    /// <param name="length">The length.</param>
    /// <param name="small">The code that holds a length of up to <paramref name="mostSmall"/> itself.</param>
    /// <param name="mostSmall">The largest such length; -1 for none.</param>
    /// <param name="eight">The code before a length of 8 bits, or 0 for none.</param>
    /// <param name="sixteen">The code before a length of 16 bits; the one for 32 bits follows it.</param>
    private void WriteLength(int length, byte small, int mostSmall, byte eight, byte sixteen)
    {
        if (length <= mostSmall)
        {
            WriteCode((byte)(small | length));
        }
        else if (length <= byte.MaxValue && eight != 0)
        {
            Code(eight, 1)[0] = (byte)length;
            output.Advance(2);
        }
        else if (length <= ushort.MaxValue)
        {
            BinaryPrimitives.WriteUInt16BigEndian(Code(sixteen, 2), (ushort)length);
            output.Advance(3);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(Code((byte)(sixteen + 1), 4), (uint)length);
            output.Advance(5);
        }
    }

    private void WriteCode(byte code)
    {
        output.GetSpan(1)[0] = code;
        output.Advance(1);
    }

    // Writes the code, and gives the place of what follows; the caller advances over both.
    private Span<byte> Code(byte code, int following)
    {
        Span<byte> place = output.GetSpan(1 + following);
        place[0] = code;
        return place[1..];
    }
}
