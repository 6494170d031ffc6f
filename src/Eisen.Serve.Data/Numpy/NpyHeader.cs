using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Eisen.Serve.Data;

/// <summary>What stands before the elements of a <c>.npy</c> file.</summary>
/// <param name="Descr">numpy's code of the type: <c>&lt;f4</c>.</param>
/// <param name="IsFortran">Whether the first dimension varies fastest.</param>
/// <param name="Shape">The length of each dimension.</param>
/// <param name="Length">How many bytes the header takes; the elements follow.</param>
internal sealed record NpyHeader(string Descr, bool IsFortran, long[] Shape, int Length)
{
    /// <summary>The longest header that is read, in bytes: 32 dimensions take less than a kilobyte.</summary>
    public const int MaxLength = 1 << 14;

    private const int PreambleLength = 8; // the magic and the version
    private const int Alignment = 64;

    /// <summary>What every file begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads the header of a file, of which at least the first <see cref="MaxLength"/> bytes are given, or all.</summary>
    /// <exception cref="DataFormatException">It is not one.</exception>
    public static NpyHeader Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < PreambleLength + sizeof(ushort) || !file.StartsWith(Magic))
            throw new DataFormatException("it is no .npy file: it does not begin with \\x93NUMPY");
        int version = file[Magic.Length];
        if (version is 0 or > 3)
            throw new DataFormatException($"the .npy file has version {version}; there are 1 to 3");
        int lengthSize = version == 1 ? sizeof(ushort) : sizeof(uint);
        if (file.Length < PreambleLength + lengthSize)
            throw new DataFormatException("the .npy file ends in its header");
        ReadOnlySpan<byte> lengthBytes = file[PreambleLength..];
        uint length = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(lengthBytes) : BinaryPrimitives.ReadUInt32LittleEndian(lengthBytes);
        int start = PreambleLength + lengthSize;
        if (length > MaxLength - start)
            throw new DataFormatException($"the .npy file's header should have {length} bytes; {MaxLength - start} are the most");
        if (length > file.Length - start)
            throw new DataFormatException("the .npy file ends in its header");
        int end = start + (int)length;
        return new Dictionary(Encoding.Latin1.GetString(file[start..end])).Read(end);
    }

    /// <summary>Makes the header of a file with elements in C order.</summary>
    /// <param name="descr">numpy's code of the type.</param>
    /// <param name="shape">The length of each dimension.</param>
    public static byte[] Write(string descr, ReadOnlySpan<long> shape)
    {
        string lengths = string.Join(", ", shape.ToArray());
        string text = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({lengths}{(shape.Length == 1 ? "," : "")}), }}";
        int start = PreambleLength + sizeof(ushort);
        // Padded, so that the elements are aligned where the file is.
        int total = (start + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        byte[] header = new byte[total];
        Magic.CopyTo(header);
        header[Magic.Length] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(PreambleLength), (ushort)(total - start));
        header.AsSpan(start).Fill((byte)' ');
        Encoding.Latin1.GetBytes(text, header.AsSpan(start));
        header[^1] = (byte)'\n';
        return header;
    }

    /// <summary>The Python dictionary in the header: three keys, each with a text, a truth value or a tuple of integers.</summary>
    private ref struct Dictionary(string text)
    {
        private ReadOnlySpan<char> rest = text;
        private string? descr;
        private bool? isFortran;
        private long[]? shape;

        public NpyHeader Read(int length)
        {
            Expect('{');
            while (!TryTake('}'))
            {
                string key = Text();
                Expect(':');
                switch (key)
                {
                    case "descr":
                        descr = Text();
                        break;
                    case "fortran_order":
                        isFortran = Truth();
                        break;
                    case "shape":
                        shape = Tuple();
                        break;
                    default:
                        throw Mistake();
                }

                if (!TryTake(','))
                {
                    Expect('}');
                    break;
                }
            }

            return descr is not null && isFortran is { } fortran && shape is not null && rest.Trim().IsEmpty ? new NpyHeader(descr, fortran, shape, length) : throw Mistake();
        }

        private string Text()
        {
            rest = rest.TrimStart();
            if (rest.IsEmpty || rest[0] is not ('\'' or '"') || rest[1..].IndexOf(rest[0]) is not (>= 0 and int length))
                throw Mistake();
            string taken = rest.Slice(1, length).ToString();
            rest = rest[(length + 2)..];
            return taken;
        }

        private bool Truth()
        {
            rest = rest.TrimStart();
            bool isTrue = rest.StartsWith("True", StringComparison.Ordinal);
            if (!isTrue && !rest.StartsWith("False", StringComparison.Ordinal))
                throw Mistake();
            rest = rest[(isTrue ? 4 : 5)..];
            return isTrue;
        }

        private long[] Tuple()
        {
            Expect('(');
            List<long> lengths = [];
            while (!TryTake(')'))
            {
                rest = rest.TrimStart();
                int digits = rest.IndexOfAnyExceptInRange('0', '9');
                if (digits <= 0 || lengths.Count == NumpyArray.MaxDimensions || !long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long length))
                    throw Mistake();
                lengths.Add(length);
                rest = rest[digits..];
                if (!TryTake(','))
                {
                    Expect(')');
                    break;
                }
            }

            return [.. lengths];
        }

        private bool TryTake(char wanted)
        {
            rest = rest.TrimStart();
            if (rest.IsEmpty || rest[0] != wanted)
                return false;
            rest = rest[1..];
            return true;
        }

        private void Expect(char wanted)
        {
            if (!TryTake(wanted))
                throw Mistake();
        }

        private static DataFormatException Mistake() =>
            new("the .npy file's header is not like {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } with a plain type and at most 32 dimensions");
    }
}
