namespace Eisen.Serve.Data;

/// <summary>A map from three coordinates to three others, as the upper three rows of a 4 x 4 matrix.</summary>
/// <param name="X">Gives the first coordinate.</param>
/// <param name="Y">Gives the second.</param>
/// <param name="Z">Gives the third.</param>
public readonly record struct Affine(AffineRow X, AffineRow Y, AffineRow Z)
{
    /// <summary>Leaves everything where it is.</summary>
    public static Affine Identity { get; } = Diagonal(1, 1, 1);

    /// <summary>Whether all numbers are finite, and no two points become one.</summary>
    public bool IsInvertible => double.IsFinite(Determinant) && Determinant != 0 && double.IsFinite(X.Offset + Y.Offset + Z.Offset);

    private double Determinant =>
        X.X * (Y.Y * Z.Z - Y.Z * Z.Y) - X.Y * (Y.X * Z.Z - Y.Z * Z.X) + X.Z * (Y.X * Z.Y - Y.Y * Z.X);

    /// <summary>Stretches each coordinate.</summary>
    public static Affine Diagonal(double x, double y, double z) => new(new(x, 0, 0, 0), new(0, y, 0, 0), new(0, 0, z, 0));

    /// <summary>Maps a point.</summary>
    public (double X, double Y, double Z) Apply(double x, double y, double z) => (X.Apply(x, y, z), Y.Apply(x, y, z), Z.Apply(x, y, z));

    /// <summary>The same map, and a shift after it.</summary>
    public Affine Shifted(double x, double y, double z) =>
        new(X with { Offset = X.Offset + x }, Y with { Offset = Y.Offset + y }, Z with { Offset = Z.Offset + z });

    /// <summary>The map that first does what the other does, and then what this one does.</summary>
    public Affine After(Affine first) => new(X.After(first), Y.After(first), Z.After(first));

    /// <summary>The way back.</summary>
    /// <exception cref="InvalidOperationException">There is none: see <see cref="IsInvertible"/>.</exception>
    public Affine Inverse()
    {
        if (!IsInvertible)
            throw new InvalidOperationException("The affine map has no inverse.");

        double determinant = Determinant;
        Affine linear = new(
            new((Y.Y * Z.Z - Y.Z * Z.Y) / determinant, (X.Z * Z.Y - X.Y * Z.Z) / determinant, (X.Y * Y.Z - X.Z * Y.Y) / determinant, 0),
            new((Y.Z * Z.X - Y.X * Z.Z) / determinant, (X.X * Z.Z - X.Z * Z.X) / determinant, (X.Z * Y.X - X.X * Y.Z) / determinant, 0),
            new((Y.X * Z.Y - Y.Y * Z.X) / determinant, (X.Y * Z.X - X.X * Z.Y) / determinant, (X.X * Y.Y - X.Y * Y.X) / determinant, 0));
        (double x, double y, double z) = linear.Apply(X.Offset, Y.Offset, Z.Offset);
        return linear.Shifted(-x, -y, -z);
    }
}
