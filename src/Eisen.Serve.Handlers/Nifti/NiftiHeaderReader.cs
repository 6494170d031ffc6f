using System.Buffers.Binary;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Nifti;

/// <summary>Takes a NIfTI-1 header apart, and trusts nothing in it.</summary>
internal readonly ref struct NiftiHeaderReader(ReadOnlySpan<byte> bytes, bool isBigEndian)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;

    public NiftiHeader Read()
    {
        NiftiType type = NiftiType.FromCode(ReadInt16(70));
        long[] shape = ReadShape(type);
        float[] spacing = ReadSpacing(shape.Length);
        (double slope, double intercept) = ReadScaling();
        return new NiftiHeader
        {
            Shape = shape,
            Type = type,
            Spacing = spacing,
            Space = ReadSpace(shape, spacing),
            IsBigEndian = isBigEndian,
            VoxelOffset = ReadVoxelOffset(),
            Slope = slope,
            Intercept = intercept,
        };
    }

    private long[] ReadShape(NiftiType type)
    {
        short dimensions = ReadInt16(40);
        if (dimensions is < 1 or > NiftiHeader.MaxDimensions)
            throw new NiftiException($"says that it has {dimensions} dimensions; 1 to {NiftiHeader.MaxDimensions} are possible");

        long[] shape = new long[dimensions];
        for (int i = 0; i < dimensions; i++)
        {
            shape[i] = ReadInt16(42 + 2 * i);
            if (shape[i] < 1)
                throw new NiftiException($"says that its dimension {i + 1} is {shape[i]} long; 1 is the least");
        }

        // The voxels become float32 or stay what they are, whichever is more.
        DType largest = type.ItemSize <= 4 ? DType.Float32 : DType.Float64;
        if (!NDArray.Fits(largest, shape) || (long)NDArray.ByteLength(largest, shape) * Math.Max(type.ItemSize / 8, 1) > Array.MaxLength - NiftiHeader.DataOffset)
            throw new NiftiException($"says that its shape is [{string.Join(", ", shape)}] of {type.Name}, more than 2 GiB");
        return shape;
    }

    // What is not above 0 says nothing; readers take the nearest that does.
    private float[] ReadSpacing(int dimensions)
    {
        float[] spacing = new float[Math.Max(dimensions, 3)];
        for (int i = 0; i < spacing.Length; i++)
        {
            float given = Math.Abs(ReadSingle(80 + 4 * i));
            if (!float.IsFinite(given) && i < dimensions)
                throw new NiftiException($"says that its voxels are {given} apart along dimension {i + 1}");
            spacing[i] = given > 0 && float.IsFinite(given) ? given : 1;
        }

        return spacing;
    }

    private (double Slope, double Intercept) ReadScaling()
    {
        float slope = ReadSingle(112);
        float intercept = ReadSingle(116);
        if (slope == 0 || !float.IsFinite(slope))
            return (1, 0);
        return float.IsFinite(intercept) ? (slope, intercept) : throw new NiftiException($"says that {intercept} is to be added to its voxels");
    }

    private long ReadVoxelOffset()
    {
        float offset = ReadSingle(108);
        if (offset == 0)
            return NiftiHeader.DataOffset;
        if (offset is >= NiftiHeader.DataOffset and <= int.MaxValue && float.IsInteger(offset))
            return (long)offset;
        throw new NiftiException($"says that its voxels begin at byte {offset}; {NiftiHeader.DataOffset} is the least");
    }

    private VolumeSpace ReadSpace(long[] shape, float[] spacing)
    {
        VolumeSpace space = new()
        {
            Size = (shape[0], shape.Length > 1 ? shape[1] : 1, shape.Length > 2 ? shape[2] : 1),
            Spacing = (spacing[0], spacing[1], spacing[2]),
            Units = bytes[123],
        };
        short code = ReadInt16(252);
        if (code != 0)
        {
            RotationForm rotation = new(
                code, ReadSingle(76) == -1 ? -1 : 1, ReadSingle(256), ReadSingle(260), ReadSingle(264), ReadSingle(268), ReadSingle(272), ReadSingle(276));
            space = space with { Rotation = rotation.IsValid ? rotation : throw new NiftiException("has a qform that is no rotation") };
        }

        code = ReadInt16(254);
        if (code != 0)
        {
            Affine standard = new(ReadRow(280), ReadRow(296), ReadRow(312));
            space = space with { StandardCode = code, Standard = standard.IsInvertible ? standard : throw new NiftiException("has an sform that has no inverse") };
        }

        return space;
    }

    private AffineRow ReadRow(int offset) => new(ReadSingle(offset), ReadSingle(offset + 4), ReadSingle(offset + 8), ReadSingle(offset + 12));

    private short ReadInt16(int offset) =>
        isBigEndian ? BinaryPrimitives.ReadInt16BigEndian(bytes[offset..]) : BinaryPrimitives.ReadInt16LittleEndian(bytes[offset..]);

    private float ReadSingle(int offset) =>
        isBigEndian ? BinaryPrimitives.ReadSingleBigEndian(bytes[offset..]) : BinaryPrimitives.ReadSingleLittleEndian(bytes[offset..]);
}
