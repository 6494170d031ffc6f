using System.Globalization;
using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>What headers before an entry's own say about it: a name or size that does not fit into the header.</summary>
internal readonly record struct TarExtension(string? Name, long? Size)
{
    /// <summary>Reads the records of a PAX header (POSIX.1-2001): "length key=value\n", the length in bytes.</summary>
    /// <exception cref="InvalidDataException">The records are damaged or not supported; the message says why.</exception>
    public static TarExtension ReadPax(ReadOnlySpan<byte> records)
    {
        TarExtension extension = default;
        while (!records.IsEmpty)
        {
            int space = records.IndexOf((byte)' ');
            if (space < 1
                || !int.TryParse(records[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length <= space + 1 || length > records.Length || records[length - 1] != '\n')
                throw new InvalidDataException("an extended header is damaged");

            ReadOnlySpan<byte> record = records[(space + 1)..(length - 1)];
            records = records[length..];
            int equals = record.IndexOf((byte)'=');
            if (equals < 1)
                throw new InvalidDataException("an extended header is damaged");

            ReadOnlySpan<byte> key = record[..equals];
            ReadOnlySpan<byte> value = record[(equals + 1)..];
            if (key.SequenceEqual("path"u8))
                extension = extension with { Name = ReadName(value) };
            else if (key.SequenceEqual("size"u8))
                extension = extension with { Size = ReadSize(value) };
            else if (key.StartsWith("GNU.sparse."u8))
                throw new InvalidDataException("a file with holes (GNU sparse) is not supported");
        }

        return extension;
    }

    private static string? ReadName(ReadOnlySpan<byte> value)
    {
        // A name with a NUL would be another name to whoever stops reading there.
        if (value.Contains((byte)0))
            throw new InvalidDataException("a name has a NUL in it");
        return value.IsEmpty ? null : TarHeader.ReadText(value);
    }

    private static long? ReadSize(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return null;
        return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            ? size
            : throw new InvalidDataException($"an extended header holds the size {PrintableText.Quoted(Encoding.Latin1.GetString(value))}");
    }
}
