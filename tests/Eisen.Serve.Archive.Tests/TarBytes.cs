using System.IO.Compression;
using System.Text;

namespace Eisen.Serve.Archive.Tests;

/// <summary>Writes tars header by header, so that they can be wrong.</summary>
internal sealed class TarBytes
{
    private readonly MemoryStream stream = new();

    public static TarBytes WithManifest(string prefix = "") =>
        new TarBytes().Add($"{prefix}MAR-INF/MANIFEST.json", ArchiveFolder.Manifest);

    public TarBytes Add(
        string name, string content = "", char type = '0', string? size = null, string link = "", byte[]? rawSize = null)
    {
        byte[] data = Encoding.UTF8.GetBytes(content);
        byte[] header = new byte[512];
        Encoding.UTF8.GetBytes(name).CopyTo(header, 0);
        "0000644\0"u8.CopyTo(header.AsSpan(100));
        Encoding.ASCII.GetBytes(size ?? Convert.ToString(data.Length, 8).PadLeft(11, '0')).CopyTo(header, 124);
        rawSize?.CopyTo(header, 124);
        header[156] = (byte)type;
        Encoding.UTF8.GetBytes(link).CopyTo(header, 157);
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        "00"u8.CopyTo(header.AsSpan(263));
        "        "u8.CopyTo(header.AsSpan(148));
        Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        stream.Write(header);
        stream.Write(data);
        stream.Write(new byte[-data.Length & 511]);
        return this;
    }

    public TarBytes AddPax(params string[] records) => Add("pax", string.Concat(records.Select(Record)), type: 'x');

    public static string Record(string keyAndValue)
    {
        int length = Encoding.UTF8.GetByteCount(keyAndValue) + 3;
        while (length != $"{length} {keyAndValue}\n".Length + Encoding.UTF8.GetByteCount(keyAndValue) - keyAndValue.Length)
            length++;
        return $"{length} {keyAndValue}\n";
    }

    public byte[] Gzipped(bool withEnd = true)
    {
        if (withEnd)
            stream.Write(new byte[1024]);
        return Gzip(stream.ToArray());
    }

    public static byte[] Gzip(byte[] content)
    {
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(content);
        return packed.ToArray();
    }
}
