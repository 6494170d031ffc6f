using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers.Tests.Images;

public sealed class PictureTests
{
    [Theory]
    [InlineData(3, 2, 3)]
    [InlineData(3, 2, 1)]
    [InlineData(4000, 3000, 3)]
    public void Pixels_OfANewPicture_HaveItsSize(int width, int height, int channels)
    {
        using Picture picture = new(width, height, channels);

        picture.Pixels.Length.ShouldBe(width * height * channels);
    }

    [Fact]
    public void Pixels_AfterDispose_Throw()
    {
        Picture picture = new(3, 2, 3);
        picture.Dispose();
        picture.Dispose();

        Should.Throw<ObjectDisposedException>(() => picture.Pixels.Length);
    }

    [Theory]
    [InlineData(0, 1, 3)]
    [InlineData(1, -1, 3)]
    [InlineData(1, 1, 2)]
    public void Constructor_SizeThatCannotBe_IsRefused(int width, int height, int channels)
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new Picture(width, height, channels));
    }

    [Theory]
    [InlineData(60_000, 60_000)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(int.MaxValue, 1)]
    public void Constructor_MoreThanAnArrayHolds_IsRefused(int width, int height)
    {
        Should.Throw<PictureException>(() => new Picture(width, height, 3)).Message.ShouldContain($"{width} x {height}");
    }
}
