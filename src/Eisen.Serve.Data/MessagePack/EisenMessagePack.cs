using System.Buffers;

namespace Eisen.Serve.Data;

/// <summary>
/// Eisen's wire format: msgpack whose strings are UTF-8, with a map from field name to value, and each array as
/// <c>{"__ndarray__": true, "data": bin, "shape": [2, 3], "type": "float32"}</c>, elements in C order. What the original's
/// <c>msgpack.packb(..., default=encode_data, use_bin_type=True)</c> writes is written the same, byte for byte.
/// </summary>
/// <remarks>
/// Reading walks through the message twice. The first walk allocates nothing, and finds whatever is wrong: lengths and counts beyond the
/// bytes that are left, trees deeper than <see cref="FieldValue.MaxDepth"/>, shapes that do not match their bytes, strings
/// that are not UTF-8. Keys are strings, each once in its map; extension types are refused. Beyond what the original reads, arrays without dimensions,
/// bytes and nil inside of maps are read as well.
/// </remarks>
public static class EisenMessagePack
{
    /// <summary>The media type.</summary>
    public const string MediaType = "application/msgpack";

    /// <summary>How many values a message may have, keys and the items of lists among them. An array is seven and one for
    /// each dimension, however many elements it has.</summary>
    public const int MaxValues = 1 << 20;

    /// <summary>Reads one value.</summary>
    /// <param name="message">The whole message. Arrays and bytes that are read lie in it, at any address, and are only as good as long as it stays. Arrays
    /// in the other byte order are copied to the managed heap. So nothing of the tree needs disposal.</param>
    /// <exception cref="DataFormatException">It is not a message of this format.</exception>
    public static FieldValue Read(ReadOnlyMemory<byte> message)
    {
        MessageCheck.Run(message.Span);
        return new MessageTree(message).Read();
    }

    /// <summary>Reads a map of fields.</summary>
    /// <inheritdoc cref="Read" path="/param"/>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static FieldDictionary ReadFields(ReadOnlyMemory<byte> message)
    {
        if (Read(message) is not FieldValue.Map map)
            throw new DataFormatException("the message is not a map from field names to values");
        FieldDictionary fields = new();
        foreach ((string name, FieldValue value) in map.Items)
            fields[name] = value;
        return fields;
    }

    /// <summary>Writes one value. Array bytes are appended, not copied, where the output is a <see cref="SegmentedBuffer"/>.</summary>
    /// <exception cref="ArgumentException">The tree is deeper than <see cref="FieldValue.MaxDepth"/>, an integer is outside of
    /// -2^63 to 2^64 - 1, or a text has half of a surrogate pair.</exception>
    public static void Write(IBufferWriter<byte> output, FieldValue value) => new MessagePackWriter(output).Write(value, depth: 0);

    /// <summary>Writes a map of fields, in their order.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    public static void WriteFields(IBufferWriter<byte> output, FieldDictionary fields) =>
        new MessagePackWriter(output).Write(new FieldValue.Map(fields.Fields), depth: 0);
}
