using System.Buffers.Binary;

namespace Eisen.Serve.Handlers.Tests.Transforms;

/// <summary>NIfTI files byte by byte, so that they can also be wrong.</summary>
internal static class NiftiBytes
{
    public const int DataOffset = 352;

    /// <summary>A little-endian file whose voxels are 0.</summary>
    public static byte[] Make(short datatype, int itemSize, short[] shape)
    {
        byte[] file = new byte[DataOffset + shape.Aggregate(itemSize, (product, length) => product * length)];
        BinaryPrimitives.WriteInt32LittleEndian(file, 348);
        file.Set(40, (short)shape.Length);
        for (int i = 0; i < shape.Length; i++)
            file.Set(42 + 2 * i, shape[i]);
        file.Set(70, datatype);
        file.Set(72, (short)(itemSize * 8));
        for (int i = 0; i < 8; i++)
            file.Set(76 + 4 * i, 1f);
        file.Set(108, (float)DataOffset);
        "n+1\0"u8.CopyTo(file.AsSpan(344));
        return file;
    }

    public static byte[] Set(this byte[] file, int offset, short value)
    {
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(offset), value);
        return file;
    }

    public static byte[] Set(this byte[] file, int offset, float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(offset), value);
        return file;
    }
}
