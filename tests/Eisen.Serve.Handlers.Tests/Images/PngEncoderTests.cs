using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers.Tests.Images;

public class PngEncoderTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 1, 3)]
    [InlineData(7, 5, 1)]
    [InlineData(640, 480, 3)]
    public void Encode_AnyPicture_DecodesToTheSamePixels(int width, int height, int channels)
    {
        using Picture picture = new(width, height, channels);
        // Noise does not compress: the file is as long as it can be.
        new Random(0).NextBytes(picture.Pixels);

        using NativeBuffer png = PngEncoder.Encode(picture);

        using Picture decoded = PictureDecoder.Decode(png.Written.Span, channels);
        (decoded.Width, decoded.Height).ShouldBe((width, height));
        decoded.Pixels.SequenceEqual(picture.Pixels).ShouldBeTrue();
    }

    [Fact]
    public void Encode_MorePixelsThanAllowed_SaysSo()
    {
        using Picture picture = new(PngEncoder.MostPixels + 1, 1, 1);

        Should.Throw<PictureException>(() => PngEncoder.Encode(picture)).Message.ShouldBe("a picture of 16777217 x 1 pixels is not written as PNG; 16777216 pixels are the most");
    }
}
