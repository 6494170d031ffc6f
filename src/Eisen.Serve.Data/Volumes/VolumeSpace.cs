namespace Eisen.Serve.Data;

/// <summary>
/// Where the voxels of a volume lie in the patient, as the header of the volume's NIfTI file says it. Coordinates grow to
/// the patient's right, front and head, in millimetres unless <see cref="Units"/> says otherwise.
/// </summary>
public sealed record VolumeSpace
{
    private const short Aligned = 2;

    /// <summary>How many voxels there are along each axis.</summary>
    public required (long X, long Y, long Z) Size { get; init; }

    /// <summary>How far voxels are apart along each axis; above 0.</summary>
    public required (float X, float Y, float Z) Spacing { get; init; }

    /// <summary>NIfTI's code for the units of space and time.</summary>
    public byte Units { get; init; }

    /// <summary>NIfTI's qform: the rotation and the place of the scanner's own coordinates.</summary>
    public RotationForm Rotation { get; init; } = new(0, 1, 0, 0, 0, 0, 0, 0);

    /// <summary>What the coordinates of <see cref="Standard"/> mean, as NIfTI's code; 0 when there is no sform.</summary>
    public short StandardCode { get; init; }

    /// <summary>NIfTI's sform: the map from voxels to coordinates, usually those of an atlas or of another volume.</summary>
    public Affine Standard { get; init; }

    /// <summary>The map from voxels to coordinates: the sform where there is one, else the qform, else the spacing alone with
    /// the volume's middle in the origin and its first axis to the left.</summary>
    public Affine Affine => StandardCode != 0 ? Standard
        : Rotation.Code != 0 ? Rotation.ToAffine(Spacing)
        : Affine.Diagonal(-Spacing.X, Spacing.Y, Spacing.Z).Shifted(Middle(Size.X, Spacing.X), -Middle(Size.Y, Spacing.Y), -Middle(Size.Z, Spacing.Z));

    /// <summary>The space of a volume of which the map from voxels to coordinates is all that is known.</summary>
    /// <param name="affine">The map.</param>
    /// <param name="size">How many voxels there are along each axis.</param>
    /// <param name="units">NIfTI's code for the units.</param>
    public static VolumeSpace Of(Affine affine, (long X, long Y, long Z) size, byte units = 0) => new()
    {
        Size = size,
        Spacing = (Length(affine.X.X, affine.Y.X, affine.Z.X), Length(affine.X.Y, affine.Y.Y, affine.Z.Y), Length(affine.X.Z, affine.Y.Z, affine.Z.Z)),
        Units = units,
        StandardCode = Aligned,
        Standard = affine,
    };

    /// <summary>The space of a part of the volume, or of one with a margin around it.</summary>
    /// <param name="first">The voxel that becomes the first; it may be outside.</param>
    /// <param name="size">How many voxels there are then along each axis.</param>
    public VolumeSpace Part((long X, long Y, long Z) first, (long X, long Y, long Z) size)
    {
        (double x, double y, double z) = Rotation.ToAffine(Spacing).Apply(first.X, first.Y, first.Z);
        (double standardX, double standardY, double standardZ) = Standard.Apply(first.X, first.Y, first.Z);
        return this with
        {
            Size = size,
            Rotation = Rotation.Code == 0 ? Rotation : Rotation with { X = (float)x, Y = (float)y, Z = (float)z },
            Standard = new(Standard.X with { Offset = standardX }, Standard.Y with { Offset = standardY }, Standard.Z with { Offset = standardZ }),
        };
    }

    private static double Middle(long size, float spacing) => (size - 1) / 2.0 * spacing;

    private static float Length(double x, double y, double z) => (float)Math.Sqrt(x * x + y * y + z * z);
}
