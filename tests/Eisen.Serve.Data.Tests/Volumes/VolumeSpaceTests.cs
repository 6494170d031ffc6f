namespace Eisen.Serve.Data.Tests.Volumes;

public sealed class VolumeSpaceTests
{
    // A half turn about the second axis, and a mirrored third one.
    private static readonly RotationForm Turned = new(1, -1, 0, 1, 0, 10, 20, 30);

    private static readonly VolumeSpace Plain = new() { Size = (5, 6, 7), Spacing = (1, 2, 3) };

    [Fact]
    public void Affine_NoForm_PutsTheMiddleIntoTheOriginFacingLeft() =>
        Plain.Affine.ShouldBe(new Affine(new(-1, 0, 0, 2), new(0, 2, 0, -5), new(0, 0, 3, -9)));

    [Fact]
    public void Affine_QForm_TurnsAndMirrors() =>
        (Plain with { Rotation = Turned }).Affine.ShouldBe(new Affine(new(-1, 0, 0, 10), new(0, 2, 0, 20), new(0, 0, 3, 30)));

    [Fact]
    public void Affine_BothForms_IsTheSForm()
    {
        Affine standard = Affine.Diagonal(4, 4, 4);

        (Plain with { Rotation = Turned, StandardCode = 4, Standard = standard }).Affine.ShouldBe(standard);
    }

    [Fact]
    public void Part_BothForms_MovesBoth()
    {
        VolumeSpace part = (Plain with { Rotation = Turned, StandardCode = 4, Standard = Affine.Diagonal(1, 2, 3) }).Part((1, 2, -1), (3, 3, 9));

        part.Size.ShouldBe((3, 3, 9));
        part.Affine.ShouldBe(Affine.Diagonal(1, 2, 3).Shifted(1, 4, -3));
        (part with { StandardCode = 0 }).Affine.ShouldBe(new Affine(new(-1, 0, 0, 9), new(0, 2, 0, 24), new(0, 0, 3, 27)));
    }

    [Fact]
    public void Of_Affine_TakesTheSpacingFromIt()
    {
        VolumeSpace space = VolumeSpace.Of(new Affine(new(0, -2, 0, 1), new(1.5, 0, 0, 2), new(0, 0, 3, 3)), (5, 6, 7), units: 2);

        space.Spacing.ShouldBe((1.5f, 2, 3));
        space.Units.ShouldBe((byte)2);
    }
}
