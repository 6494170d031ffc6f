using System.Buffers.Binary;
using System.Text;

namespace Eisen.Serve.Client.Tests;

/// <summary>Answers, written by hand.</summary>
internal static class Messages
{
    /// <summary>A model without inputs and outputs.</summary>
    public static ReadOnlyMemory<byte> EmptyMetadata { get; } = Encoding.UTF8.GetBytes(
        """{"inputs": [], "outputs": [], "model_input_list": [], "model_output_list": [], "custom": {}}""");

    /// <summary>msgpack for a map without fields.</summary>
    public static ReadOnlyMemory<byte> EmptyMap { get; } = new byte[] { 0x80 };

    /// <summary>msgpack for a map with one field of raw bytes, zeros, so many that the message has this length.</summary>
    public static byte[] OfBytes(string field, int messageLength)
    {
        byte[] head = [0x81, (byte)(0xA0 | field.Length), .. Encoding.ASCII.GetBytes(field), 0xC6, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(head.Length - 4), messageLength - head.Length);
        return [.. head, .. new byte[messageLength - head.Length]];
    }

    /// <summary>msgpack for a map with one array of float32, up to where its elements' bytes begin.</summary>
    /// <param name="field">The field's name.</param>
    /// <param name="elements">The length of the one dimension.</param>
    public static byte[] BeginFloats(string field, int elements)
    {
        byte[] message =
        [
            0x81, (byte)(0xA0 | field.Length), .. Encoding.ASCII.GetBytes(field), 0x84,
            0xAB, .. "__ndarray__"u8, 0xC3,
            0xA5, .. "shape"u8, 0x91, 0xCE, 0, 0, 0, 0,
            0xA4, .. "type"u8, 0xA7, .. "float32"u8,
            0xA4, .. "data"u8, 0xC6, 0, 0, 0, 0,
        ];
        int shape = message.AsSpan().IndexOf([(byte)0x91, (byte)0xCE]) + 2;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(shape), elements);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(message.Length - 4), elements * sizeof(float));
        return message;
    }
}
