using System.Text;

namespace Eisen.Serve.Archive;

/// <summary>One 512-byte header of a tar: POSIX.1-1988 (ustar), GNU, or the format before both.</summary>
internal readonly record struct TarHeader(string Name, long Size, char Type)
{
    /// <summary>The length of a header, and what contents are padded to, in bytes.</summary>
    public const int BlockLength = 512;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a header that is not all zeros.</summary>
    /// <exception cref="InvalidDataException">It is no header; the message says why.</exception>
    public static TarHeader Read(ReadOnlySpan<byte> block)
    {
        if (ReadNumber(block.Slice(148, 8)) != Checksum(block))
            throw new InvalidDataException("a header's checksum is wrong");

        long size = ReadNumber(block.Slice(124, 12));
        string name = ReadText(block[..100]);

        // GNU has other fields where ustar keeps the first part of a long name; their magic differs.
        if (block.Slice(257, 6).SequenceEqual("ustar\0"u8) && ReadText(block.Slice(345, 155)) is { Length: > 0 } prefix)
            name = $"{prefix}/{name}";
        return new TarHeader(name, size, (char)block[156]);
    }

    /// <summary>Text up to the first NUL.</summary>
    /// <exception cref="InvalidDataException">It is not UTF-8.</exception>
    public static string ReadText(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        try
        {
            return StrictUtf8.GetString(end < 0 ? field : field[..end]);
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException("a name is not UTF-8");
        }
    }

    private static long Checksum(ReadOnlySpan<byte> block)
    {
        // The sum is made as if its own field held spaces.
        long sum = 8 * ' ';
        for (int i = 0; i < BlockLength; i++)
            sum += i is >= 148 and < 156 ? 0 : block[i];
        return sum;
    }

    private static long ReadNumber(ReadOnlySpan<byte> field)
    {
        // GNU writes what octal digits cannot hold in base 256, and says so in the highest bit.
        if (field[0] == 0x80)
        {
            if (field.Length > 9 && field[1..^8].ContainsAnyExcept((byte)0) || field[^8] >= 0x80 && field.Length > 8)
                throw new InvalidDataException("a header holds a number that is too large");
            long value = 0;
            foreach (byte b in field[1..])
                value = value << 8 | b;
            return value;
        }

        ReadOnlySpan<byte> digits = field.Trim(" \0"u8);
        long number = 0;
        foreach (byte b in digits)
        {
            // 12 octal digits are 36 bits, so this cannot overflow.
            if (b is < (byte)'0' or > (byte)'7')
                throw new InvalidDataException("a header holds something that is not a number");
            number = number << 3 | (uint)(b - '0');
        }

        return number;
    }
}
