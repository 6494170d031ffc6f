namespace Eisen.Serve.Data;

/// <summary>An element type as numpy spells it, with the byte order: <c>float32</c>, <c>&lt;f4</c>, <c>&gt;i2</c>,
/// <c>|b1</c>.</summary>
/// <param name="DType">The type of the elements.</param>
/// <param name="IsSwapped">Whether the bytes of an element have the other order than this machine's.</param>
internal readonly record struct NumpyType(DType DType, bool IsSwapped)
{
    /// <summary>What a message may name when a type is not one of these.</summary>
    public const string Examples = "float32, int64, uint8 or >f4";

    /// <summary>Reads numpy's name of a type.</summary>
    /// <returns>False for those that no array here can have, such as <c>object</c>, <c>complex64</c> and <c>&lt;U5</c>.</returns>
    public static bool TryParse(ReadOnlySpan<byte> name, out NumpyType type)
    {
        byte order = name.IsEmpty ? (byte)0 : name[0];
        bool hasOrder = order is (byte)'<' or (byte)'>' or (byte)'=' or (byte)'|';
        if ((hasOrder ? OfCode(name[1..]) : OfName(name) ?? OfCode(name)) is not { } dtype)
        {
            type = default;
            return false;
        }

        bool isOther = order == (BitConverter.IsLittleEndian ? (byte)'>' : (byte)'<');
        type = new NumpyType(dtype, isOther && dtype.ItemSize > 1);
        return true;
    }

    /// <summary>The type as the header of a <c>.npy</c> file spells it, in this machine's byte order.</summary>
    /// <returns>Null for bfloat16, which numpy has not.</returns>
    public static string? CodeOf(DType dtype)
    {
        char order = dtype.ItemSize == 1 ? '|' : BitConverter.IsLittleEndian ? '<' : '>';
        return dtype switch
        {
            DType.Float16 or DType.Float32 or DType.Float64 => $"{order}f{dtype.ItemSize}",
            DType.Int8 or DType.Int16 or DType.Int32 or DType.Int64 => $"{order}i{dtype.ItemSize}",
            DType.UInt8 or DType.UInt16 or DType.UInt32 or DType.UInt64 => $"{order}u{dtype.ItemSize}",
            DType.Bool => "|b1",
            _ => null,
        };
    }

    private static DType? OfName(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[16];
        return name.Length <= text.Length && System.Text.Encoding.Latin1.GetChars(name, text) is int length
            && DTypeExtensions.TryParse(text[..length], out DType dtype) ? dtype : null;
    }

    private static DType? OfCode(ReadOnlySpan<byte> code) => code switch
    {
        [(byte)'f', (byte)'2'] => DType.Float16,
        [(byte)'f', (byte)'4'] => DType.Float32,
        [(byte)'f', (byte)'8'] => DType.Float64,
        [(byte)'i', (byte)'1'] => DType.Int8,
        [(byte)'i', (byte)'2'] => DType.Int16,
        [(byte)'i', (byte)'4'] => DType.Int32,
        [(byte)'i', (byte)'8'] => DType.Int64,
        [(byte)'u', (byte)'1'] => DType.UInt8,
        [(byte)'u', (byte)'2'] => DType.UInt16,
        [(byte)'u', (byte)'4'] => DType.UInt32,
        [(byte)'u', (byte)'8'] => DType.UInt64,
        [(byte)'b', (byte)'1'] or [(byte)'?'] => DType.Bool,
        _ => null,
    };
}
