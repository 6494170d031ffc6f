using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers.Tests.Images;

public sealed class BilinearResizeTests
{
    public static TheoryData<string> Names => [.. PictureFixtures.Cases.Where(picture => picture.Resized.Count > 0).Select(picture => picture.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Resize_ManySizes_EqualsPillow(string name)
    {
        foreach (ResizedCase expected in PictureFixtures.Case(name).Resized)
        {
            using Picture picture = PictureDecoder.Decode(PictureFixtures.Read(name), expected.Channels);
            using Picture resized = BilinearResize.Resize(picture, expected.Width, expected.Height);

            (resized.Width, resized.Height, resized.Channels).ShouldBe((expected.Width, expected.Height, expected.Channels));
            resized.Pixels.SequenceEqual(PictureFixtures.Read(expected.File)).ShouldBeTrue(expected.File);
        }
    }

    [Theory]
    [InlineData(3, 256, 192)]
    [InlineData(1, 256, 192)]
    [InlineData(3, 127, 40)]
    [InlineData(3, 50, 93)]
    [InlineData(3, 127, 93)]
    public void Resize_PartOfResult_EqualsThatPart(int channels, int width, int height)
    {
        using Picture picture = PictureDecoder.Decode(PictureFixtures.Read("colour_444.jpg"), channels);
        using Picture whole = BilinearResize.Resize(picture, width, height);
        PixelBox[] parts = [new(0, 0, width, height), new(3, 5, 20, 11), new(width - 1, height - 1, 1, 1), new(0, height - 7, width, 7), new(width - 9, 0, 9, height)];

        foreach (PixelBox part in parts)
        {
            byte[] samples = new byte[part.Width * part.Height * channels];
            BilinearResize.Resize(picture, width, height, part, samples);

            for (int y = 0; y < part.Height; y++)
            {
                ReadOnlySpan<byte> expected = whole.Pixels.Slice(((part.Top + y) * width + part.Left) * channels, part.Width * channels);
                samples.AsSpan(y * part.Width * channels, part.Width * channels).SequenceEqual(expected).ShouldBeTrue($"{part}, row {y}");
            }
        }
    }

    [Fact]
    public void Resize_UniformPicture_StaysUniform()
    {
        using Picture picture = new(301, 207, 3);
        picture.Pixels.Fill(255);
        using Picture smaller = BilinearResize.Resize(picture, 40, 31);
        using Picture larger = BilinearResize.Resize(picture, 700, 333);

        smaller.Pixels.ContainsAnyExcept((byte)255).ShouldBeFalse();
        larger.Pixels.ContainsAnyExcept((byte)255).ShouldBeFalse();
    }

    [Fact]
    public void Resize_VeryManyRows_TakesLittleMemory()
    {
        using Picture picture = new(1, 100_000, 3);
        picture.Pixels.Fill(7);
        byte[] resized = new byte[64 * 256 * 3];

        // All rows of the first pass would take 19 MB.
        long before = GC.GetAllocatedBytesForCurrentThread();
        BilinearResize.Resize(picture, 64, 256, new PixelBox(0, 0, 64, 256), resized);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4 << 20);

        resized.ShouldAllBe(sample => sample == 7);
    }

    [Theory]
    [InlineData(-1, 0, 5, 5)]
    [InlineData(0, 0, 11, 5)]
    [InlineData(6, 0, 5, 5)]
    [InlineData(0, 8, 5, 3)]
    [InlineData(0, 0, 0, 5)]
    [InlineData(int.MaxValue, 0, 5, 5)]
    public void Resize_PartOutside_IsRefused(int left, int top, int width, int height)
    {
        using Picture picture = new(4, 4, 1);

        Should.Throw<ArgumentOutOfRangeException>(
            () => BilinearResize.Resize(picture, 10, 10, new PixelBox(left, top, width, height), new byte[Math.Max(width * height, 0)]));
    }

    [Fact]
    public void Resize_DestinationOfAnotherLength_IsRefused()
    {
        using Picture picture = new(4, 4, 3);

        Should.Throw<ArgumentException>(() => BilinearResize.Resize(picture, 10, 10, new PixelBox(0, 0, 2, 2), new byte[11]));
    }
}
