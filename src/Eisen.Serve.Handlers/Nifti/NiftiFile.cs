using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Eisen.Serve.Handlers.Nifti;

/// <summary>
/// A NIfTI-1 file in memory, as <c>.nii</c> or <c>.nii.gz</c>, opened at its first voxel. The bytes may come from a stranger:
/// nothing is allocated for what the header says before it is known that so many bytes can be there.
/// </summary>
internal sealed unsafe class NiftiFile : IDisposable
{
    // Deflate makes at most 258 bytes of 2 bits; what a header promises beyond that cannot be there.
    private const int MostPerCompressedByte = 1032;

    private readonly MemoryHandle pin;
    private readonly Stream stream;

    private NiftiFile(ReadOnlyMemory<byte> content)
    {
        pin = content.Pin();
        Stream bytes = new UnmanagedMemoryStream((byte*)pin.Pointer, content.Length);
        IsCompressed = content.Span.StartsWith<byte>([0x1F, 0x8B]);
        stream = IsCompressed ? new GZipStream(bytes, CompressionMode.Decompress) : bytes;
        Header = null!;
    }

    public NiftiHeader Header { get; private set; }

    public bool IsCompressed { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="NiftiException">It is none that can be read, or it is too short for what its header says.</exception>
    public static NiftiFile Open(ReadOnlyMemory<byte> content)
    {
        if (content.IsEmpty)
            throw new NiftiException("is empty; it must be a NIfTI-1 file");
        NiftiFile file = new(content);
        try
        {
            file.ReadHeader(content.Length);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads the next voxels, in this machine's byte order.</summary>
    /// <param name="voxels">Takes them: whole ones, up to those that are left.</param>
    /// <exception cref="NiftiException">The file ends before, or is damaged.</exception>
    public void Read(Span<byte> voxels)
    {
        ReadBytes(voxels);
        if (Header.IsBigEndian == BitConverter.IsLittleEndian)
            ReverseEndianness(voxels, Header.Type.ItemSize / (Header.Type.IsComplex ? 2 : 1));
    }

    /// <summary>To be called when all voxels have been read: a compressed file's checksum comes after them.</summary>
    /// <exception cref="NiftiException">The file is damaged.</exception>
    public void CheckEnd()
    {
        if (!IsCompressed)
            return;
        try
        {
            stream.ReadByte();
        }
        catch (InvalidDataException)
        {
            throw Damaged();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stream.Dispose();
        pin.Dispose();
    }

    private static void ReverseEndianness(Span<byte> bytes, int size)
    {
        switch (size)
        {
            case 2:
                Span<ushort> pairs = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(pairs, pairs);
                break;
            case 4:
                Span<uint> fours = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(fours, fours);
                break;
            case 8:
                Span<ulong> eights = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(eights, eights);
                break;
        }
    }

    private static NiftiException Damaged() => new("has damaged gzip data");

    private void ReadHeader(int contentLength)
    {
        Span<byte> bytes = stackalloc byte[NiftiHeader.Length];
        ReadBytes(bytes);
        Header = NiftiHeader.Read(bytes);

        long needed = Header.VoxelOffset + Header.DataLength;
        long most = IsCompressed ? (long)contentLength * MostPerCompressedByte : contentLength;
        if (needed > most)
        {
            string shape = $"{Header.Type.Name}[{string.Join(", ", Header.Shape)}]";
            throw new NiftiException($"is too short: for {shape} it must have {needed} bytes, but {(IsCompressed ? $"{contentLength} compressed ones cannot hold so many" : $"has {contentLength}")}");
        }

        Skip(Header.VoxelOffset - NiftiHeader.Length);
    }

    private void Skip(long count)
    {
        Span<byte> skipped = stackalloc byte[1024];
        for (; count > 0; count -= skipped.Length)
            ReadBytes(skipped = skipped[..(int)Math.Min(count, skipped.Length)]);
    }

    private void ReadBytes(Span<byte> bytes)
    {
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException)
        {
            throw new NiftiException(Header is null ? $"ends within its header of {NiftiHeader.Length} bytes" : "ends before its last voxel");
        }
        catch (InvalidDataException)
        {
            throw Damaged();
        }
    }
}
