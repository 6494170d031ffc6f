using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Eisen.Serve.Data;

/// <summary>numpy's <c>.npz</c> files: a zip of <c>.npy</c> files, one for each field.</summary>
public static class NpzFile
{
    /// <summary>The media type.</summary>
    public const string MediaType = "application/x-npz";

    private const int MaxEntries = 1000;
    private const int EndLength = 22;
    private const uint EndSignature = 0x06054b50;
    private const string Extension = ".npy";

    // A compressed mask is a hundred times as large as its file, and seldom larger than this altogether.
    private const long AlwaysAllowedBytes = 64 << 20;
    private const int AllowedGrowth = 16;

    private static readonly DateTimeOffset EntryTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Whether bytes begin as such a file does.</summary>
    public static bool Begins(ReadOnlySpan<byte> bytes) => bytes.StartsWith("PK\u0003\u0004"u8);

    /// <summary>Reads a file.</summary>
    /// <param name="file">The whole file: at most 1000 entries, which take 64 MiB and 16 times the file's size together at most
    /// when they are unpacked.</param>
    /// <returns>A field for each array, which the dictionary owns.</returns>
    /// <exception cref="DataFormatException">It is not such a file.</exception>
    public static unsafe FieldDictionary ReadFields(ReadOnlyMemory<byte> file)
    {
        RequireFewEntries(file.Span);
        FieldDictionary fields = new();
        try
        {
            using MemoryHandle pin = file.Pin();
            using UnmanagedMemoryStream stream = new((byte*)pin.Pointer, file.Length);
            using ZipArchive zip = new(stream, ZipArchiveMode.Read);
            long left = AlwaysAllowedBytes + (long)AllowedGrowth * file.Length;
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                if (entry.Length > left)
                    throw new DataFormatException($"the .npz file's entries take more than {AlwaysAllowedBytes >> 20} MiB and {AllowedGrowth} times the file's size");
                left -= entry.Length;
                string name = entry.FullName.EndsWith(Extension, StringComparison.Ordinal) ? entry.FullName[..^Extension.Length] : entry.FullName;
                if (fields.TryGet(name, out _))
                    throw new DataFormatException($"the .npz file has {PrintableText.Quoted(name)} twice");
                fields[name] = new FieldValue.Array(ReadEntry(entry, fields));
            }

            return fields;
        }
        catch (Exception mistake) when (mistake is InvalidDataException or IOException or NotSupportedException)
        {
            fields.Dispose();
            throw new DataFormatException($"the .npz file is broken: {mistake.Message.ReplaceLineEndings(" ")}");
        }
        catch
        {
            fields.Dispose();
            throw;
        }
    }

    /// <summary>Writes a file, not compressed. Arrays stay what they are, bytes become <c>uint8</c>, texts, numbers and truth values arrays
    /// without dimensions; any other value is left to <paramref name="toText"/>.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="toText">Makes a text of a list, a map or nothing.</param>
    /// <exception cref="ArgumentException">An array is of bfloat16, which numpy has not.</exception>
    public static void WriteFields(IBufferWriter<byte> output, FieldDictionary fields, Func<FieldValue, string> toText)
    {
        using BufferWriterStream stream = new(output);
        using ZipArchive zip = new(stream, ZipArchiveMode.Create);
        foreach ((string name, FieldValue value) in fields.Fields)
        {
            ZipArchiveEntry entry = zip.CreateEntry(name + Extension, CompressionLevel.NoCompression);
            entry.LastWriteTime = EntryTime;
            using Stream content = entry.Open();
            (string descr, long[] shape, ReadOnlyMemory<byte> elements) = ToArray(value, toText);
            content.Write(NpyHeader.Write(descr, shape));
            content.Write(elements.Span);
        }
    }

    private static (string Descr, long[] Shape, ReadOnlyMemory<byte> Elements) ToArray(FieldValue value, Func<FieldValue, string> toText)
    {
        switch (value)
        {
            case FieldValue.Array array:
                string descr = NumpyType.CodeOf(array.Elements.DType) ?? throw new ArgumentException($"numpy has no {array.Elements.DType.TypeName}.", nameof(value));
                return (descr, array.Elements.Shape.ToArray(), array.Elements.Memory);
            case FieldValue.Bytes bytes:
                return ("|u1", [bytes.Content.Length], bytes.Content);
            case FieldValue.Integer integer when integer.Number <= long.MaxValue:
                return ("<i8", [], Bytes(static (span, number) => BinaryPrimitives.WriteInt64LittleEndian(span, (long)number), integer.Number));
            case FieldValue.Integer integer:
                return ("<u8", [], Bytes(static (span, number) => BinaryPrimitives.WriteUInt64LittleEndian(span, (ulong)number), integer.Number));
            case FieldValue.Float real:
                return ("<f8", [], Bytes(static (span, number) => BinaryPrimitives.WriteDoubleLittleEndian(span, number), real.Number));
            case FieldValue.Bool truth:
                return ("|b1", [], new[] { truth.Truth ? (byte)1 : (byte)0 });
            default:
                byte[] text = Encoding.UTF32.GetBytes(value is FieldValue.Text given ? given.Content : toText(value));
                // numpy has no texts of length 0: an empty one is a single NUL.
                return ($"<U{Math.Max(text.Length / sizeof(uint), 1)}", [], text.Length == 0 ? new byte[sizeof(uint)] : text);
        }
    }

    private static byte[] Bytes<T>(Action<Span<byte>, T> write, T number)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        write(bytes, number);
        return bytes;
    }

    private static NDArray ReadEntry(ZipArchiveEntry entry, FieldDictionary fields)
    {
        using Stream content = entry.Open();
        byte[] start = new byte[(int)Math.Min(NpyHeader.MaxLength, entry.Length)];
        int have = content.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        NpyHeader header = NpyHeader.Read(start.AsSpan(0, have));
        NumpyType type = NpyFile.TypeOf(header);
        long length = entry.Length - header.Length;
        NumpyArray.RequireFit(type, header.Shape, (int)Math.Min(length, int.MaxValue));

        NDArray array = fields.Own(NDArray.Allocate(type.DType, header.Shape));
        Span<byte> elements = array.Memory.Span;
        ReadOnlySpan<byte> already = start.AsSpan(header.Length, have - header.Length);
        already.CopyTo(elements);
        content.ReadExactly(elements[already.Length..]);
        if (content.ReadByte() >= 0)
            throw new DataFormatException($"the .npz file's entry {PrintableText.Quoted(entry.FullName)} is longer than the file says");
        return type.IsSwapped || header.IsFortran || type.DType == DType.Bool ? NpyFile.Wrap(header, array.Memory) : array;
    }

    private static void RequireFewEntries(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> tail = file[Math.Max(0, file.Length - EndLength - ushort.MaxValue)..];
        for (int at = tail.Length - EndLength; at >= 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail[at..]) != EndSignature)
                continue;
            int entries = BinaryPrimitives.ReadUInt16LittleEndian(tail[(at + 10)..]);
            if (entries > MaxEntries)
                throw new DataFormatException($"the .npz file has {entries} entries; {MaxEntries} are the most");
            return;
        }

        throw new DataFormatException("the .npz file is cut off, or no zip file: it has no directory at its end");
    }
}
