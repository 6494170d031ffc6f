using System.IO.Compression;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Transforms;

namespace Eisen.Serve.Handlers.Nifti;

/// <summary>Puts a NIfTI-1 file together.</summary>
internal static class NiftiFileWriter
{
    /// <summary>Writes a file.</summary>
    /// <param name="fields">Own the file's memory.</param>
    /// <param name="header">The file's header; its shape and type are those of the voxels.</param>
    /// <param name="type">The type of the array's elements, which are cast to that of the voxels.</param>
    /// <param name="array">The array.</param>
    /// <param name="channelsFirst">Whether the array's first dimension is the file's last; else all keep their order.</param>
    /// <param name="isCompressed">Whether the file is a <c>.nii.gz</c>.</param>
    /// <returns>The file's bytes.</returns>
    public static ReadOnlyMemory<byte> Write(FieldDictionary fields, NiftiHeader header, ElementType type, NDArray array, bool channelsFirst, bool isCompressed)
    {
        int length = NiftiHeader.DataOffset + header.DataLength;
        NativeBuffer file = fields.Own(new NativeBuffer(length));
        Span<byte> bytes = file.GetSpan(length)[..length];
        header.Write(bytes);
        WriteVoxels(header, type, array, channelsFirst, bytes[NiftiHeader.DataOffset..]);
        file.Advance(length);
        return isCompressed ? Compress(file.Written.Span) : file.Written;
    }

    private static void WriteVoxels(NiftiHeader header, ElementType type, NDArray array, bool channelsFirst, Span<byte> destination)
    {
        ElementType voxelType = header.Type.Element;
        if (type == voxelType)
        {
            WriteVolumes(array.Memory.Span, header.Type.ItemSize, array.Shape, channelsFirst, destination);
            return;
        }

        using NativeBuffer converted = new(destination.Length);
        Span<byte> voxels = converted.GetSpan(destination.Length)[..destination.Length];
        ElementTypes.Convert(type, array.Memory.Span, voxelType, voxels);
        WriteVolumes(voxels, header.Type.ItemSize, array.Shape, channelsFirst, destination);
    }

    private static void WriteVolumes(ReadOnlySpan<byte> elements, int itemSize, ReadOnlySpan<long> shape, bool channelsFirst, Span<byte> destination)
    {
        int volumes = channelsFirst ? (int)shape[0] : 1;
        for (int i = 0, length = elements.Length / volumes; i < volumes; i++)
            VoxelOrder.ToFileOrder(elements.Slice(i * length, length), itemSize, channelsFirst ? shape[1..] : shape, destination.Slice(i * length, length));
    }

    private static ReadOnlyMemory<byte> Compress(ReadOnlySpan<byte> file)
    {
        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(file);
        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }
}
