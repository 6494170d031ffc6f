namespace Eisen.Serve.Data;

/// <summary>One row of an <see cref="Affine"/>: the factors of three coordinates, and what is added.</summary>
/// <param name="X">The first coordinate's factor.</param>
/// <param name="Y">The second's.</param>
/// <param name="Z">The third's.</param>
/// <param name="Offset">What is added.</param>
public readonly record struct AffineRow(double X, double Y, double Z, double Offset)
{
    internal double Apply(double x, double y, double z) => X * x + Y * y + Z * z + Offset;

    internal AffineRow After(Affine first) => new(
        X * first.X.X + Y * first.Y.X + Z * first.Z.X,
        X * first.X.Y + Y * first.Y.Y + Z * first.Z.Y,
        X * first.X.Z + Y * first.Y.Z + Z * first.Z.Z,
        Apply(first.X.Offset, first.Y.Offset, first.Z.Offset));
}
