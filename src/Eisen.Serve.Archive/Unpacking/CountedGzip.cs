using System.Buffers.Binary;
using System.IO.Compression;

namespace Eisen.Serve.Archive;

/// <summary>What comes out of a gzip file, counted, with a check that it came out whole.</summary>
internal sealed class CountedGzip(ArchiveSource source, FileStream file, UnpackBudget budget) : IDisposable
{
    private readonly GZipStream gzip = new(file, CompressionMode.Decompress, leaveOpen: true);
    private long length;

    /// <summary>
    /// The unpacked length that the file's last four bytes give, modulo 2^32. A hint, unless
    /// <see cref="CheckEnd"/> finds it true.
    /// </summary>
    public uint PromisedLength { get; } = ReadPromisedLength(file);

    /// <summary>Reads up to the buffer's length; less only at the end.</summary>
    public int Read(Span<byte> buffer)
    {
        try
        {
            int count = gzip.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            budget.AddBytes(count);
            length += count;
            return count;
        }
        catch (InvalidDataException damaged)
        {
            throw source.Fault("its gzip data is damaged.", damaged);
        }
    }

    /// <summary>
    /// To be called after all was read. .NET takes the end of the file for the end of the data: only the length
    /// in the file's last four bytes tells that some is missing. The checksum before it .NET does compare.
    /// </summary>
    /// <exception cref="ArchiveException">The file is truncated, or something stands behind the gzip data.</exception>
    public void CheckEnd()
    {
        if ((uint)length != PromisedLength)
            throw Truncated();
    }

    /// <summary>The exception for data that ends early.</summary>
    public ArchiveException Truncated() =>
        source.Fault("the gzip'd tar is truncated, or something stands behind its end.");

    /// <inheritdoc/>
    public void Dispose() => gzip.Dispose();

    private static uint ReadPromisedLength(FileStream file)
    {
        Span<byte> length = stackalloc byte[4];
        file.Seek(-Math.Min(file.Length, length.Length), SeekOrigin.End);
        file.ReadAtLeast(length, length.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(length);
    }
}
