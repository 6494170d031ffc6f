namespace Eisen.Serve.Data;

/// <summary>NIfTI's qform: a rotation, as a unit quaternion whose first part follows from the others, and a place.</summary>
/// <param name="Code">What the coordinates mean; 0 when there is no qform.</param>
/// <param name="Factor">-1 when the third axis is mirrored, else 1.</param>
/// <param name="B">The quaternion's second part.</param>
/// <param name="C">The third.</param>
/// <param name="D">The fourth.</param>
/// <param name="X">Where the first voxel's centre is.</param>
/// <param name="Y">Its second coordinate.</param>
/// <param name="Z">Its third.</param>
public readonly record struct RotationForm(short Code, float Factor, float B, float C, float D, float X, float Y, float Z)
{
    // How far float32 rounding may take the three parts of a half turn's quaternion beyond a length of 1.
    private const double Rounding = 1e-6;

    /// <summary>Whether there is such a rotation.</summary>
    public bool IsValid => B * (double)B + C * (double)C + D * (double)D <= 1 + Rounding && float.IsFinite(X + Y + Z);

    /// <summary>The map from voxels to places.</summary>
    /// <param name="spacing">How far voxels are apart.</param>
    public Affine ToAffine((float X, float Y, float Z) spacing)
    {
        (double b, double c, double d) = (B, C, D);
        double a = Math.Sqrt(Math.Max(1 - (b * b + c * c + d * d), 0));
        double scale = 2 / (a * a + b * b + c * c + d * d);
        double z = spacing.Z * (double)Factor;
        return new Affine(
            new((1 - scale * (c * c + d * d)) * spacing.X, scale * (b * c - a * d) * spacing.Y, scale * (b * d + a * c) * z, X),
            new(scale * (b * c + a * d) * spacing.X, (1 - scale * (b * b + d * d)) * spacing.Y, scale * (c * d - a * b) * z, Y),
            new(scale * (b * d - a * c) * spacing.X, scale * (c * d + a * b) * spacing.Y, (1 - scale * (b * b + c * c)) * z, Z));
    }
}
