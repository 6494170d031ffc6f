namespace Eisen.Serve.Data.Tests.Volumes;

public sealed class AffineTests
{
    private static readonly Affine Oblique = new(new(0.9, -0.4, 0.1, 12), new(0.3, 1.8, -0.5, -7), new(-0.2, 0.6, 2.5, 30));

    [Fact]
    public void Inverse_Oblique_LeadsBack()
    {
        (double x, double y, double z) = Oblique.Apply(3, -4, 5);
        (double backX, double backY, double backZ) = Oblique.Inverse().Apply(x, y, z);

        (backX, backY, backZ).ShouldSatisfyAllConditions(
            () => backX.ShouldBe(3, 1e-12), () => backY.ShouldBe(-4, 1e-12), () => backZ.ShouldBe(5, 1e-12));
    }

    [Fact]
    public void After_TwoMaps_DoesTheFirstFirst()
    {
        Affine both = Oblique.After(Affine.Diagonal(2, 3, 4).Shifted(1, 1, 1));
        (double x, double y, double z) = Oblique.Apply(2 * 5 + 1, 3 * 6 + 1, 4 * 7 + 1);

        both.Apply(5, 6, 7).ShouldSatisfyAllConditions(
            given => given.X.ShouldBe(x, 1e-12), given => given.Y.ShouldBe(y, 1e-12), given => given.Z.ShouldBe(z, 1e-12));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void IsInvertible_NoWayBack_IsFalse(double factor)
    {
        Affine affine = Affine.Diagonal(1, factor, 1);

        affine.IsInvertible.ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => affine.Inverse());
    }
}
