using System.Buffers.Binary;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Nifti;

/// <summary>What the header of a NIfTI-1 file says, as far as it counts here. What it says of the patient, the study and
/// the display is left behind.</summary>
internal sealed record NiftiHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Length = 348;

    /// <summary>Where the voxels of a file begin that is written here: four bytes after the header say that there are no
    /// extensions.</summary>
    public const int DataOffset = 352;

    /// <summary>The most dimensions.</summary>
    public const int MaxDimensions = 7;

    private const int SecondVersionLength = 540;

    /// <summary>The length of each dimension, in the file's order: the first one's neighbours are neighbours in the file.</summary>
    public required long[] Shape { get; init; }

    public required NiftiType Type { get; init; }

    /// <summary>How far voxels are apart, dimension by dimension.</summary>
    public required float[] Spacing { get; init; }

    public required VolumeSpace Space { get; init; }

    public bool IsBigEndian { get; init; }

    public long VoxelOffset { get; init; } = DataOffset;

    /// <summary>What the voxels' numbers are multiplied by; 1 with an intercept of 0 when they stand for themselves.</summary>
    public double Slope { get; init; } = 1;

    /// <summary>What is added then.</summary>
    public double Intercept { get; init; }

    public bool IsScaled => Slope != 1 || Intercept != 0;

    /// <summary>How many voxels there are; it fits, as a header that says otherwise is refused.</summary>
    public int VoxelCount => (int)Shape.Aggregate(1L, (product, length) => product * length);

    /// <summary>Bytes of all voxels.</summary>
    public int DataLength => VoxelCount * Type.ItemSize;

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">The file's first <see cref="Length"/> bytes.</param>
    /// <exception cref="NiftiException">They are not a NIfTI-1 file's, or do not make sense.</exception>
    public static NiftiHeader Read(ReadOnlySpan<byte> bytes)
    {
        bool isBigEndian = BinaryPrimitives.ReadInt32LittleEndian(bytes) switch
        {
            Length => false,
            SecondVersionLength => throw new NiftiException("is NIfTI-2; save it as NIfTI-1"),
            int length when BinaryPrimitives.ReverseEndianness(length) == Length => true,
            int length when BinaryPrimitives.ReverseEndianness(length) == SecondVersionLength => throw new NiftiException("is NIfTI-2; save it as NIfTI-1"),
            _ => throw new NiftiException($"is not a NIfTI-1 file: it begins with the bytes {Convert.ToHexString(bytes[..4])}, where the header's length must be"),
        };
        ReadOnlySpan<byte> magic = bytes[344..Length];
        if (magic.StartsWith("ni1\0"u8))
            throw new NiftiException("is the header of a pair of files (.hdr and .img); save both as one .nii file");
        if (!magic.StartsWith("n+1\0"u8))
            throw new NiftiException($"is not a NIfTI-1 file: the bytes {Convert.ToHexString(magic)} stand where 'n+1' must be");
        return new NiftiHeaderReader(bytes, isBigEndian).Read();
    }

    /// <summary>Writes the header, and the four bytes after it.</summary>
    /// <param name="bytes"><see cref="DataOffset"/> bytes.</param>
    public void Write(Span<byte> bytes) => new NiftiHeaderWriter(bytes).Write(this);
}
