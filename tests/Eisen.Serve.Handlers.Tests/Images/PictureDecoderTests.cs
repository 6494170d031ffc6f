using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers.Tests.Images;

public sealed class PictureDecoderTests
{
    public static TheoryData<string> Names => PictureFixtures.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Decode_ThreeChannels_EqualsPillow(string name)
    {
        PictureCase expected = PictureFixtures.Case(name);
        using Picture picture = PictureDecoder.Decode(PictureFixtures.Read(name));

        (picture.Width, picture.Height, picture.Channels).ShouldBe((expected.Width, expected.Height, 3));
        picture.Pixels.SequenceEqual(PictureFixtures.Read(name + ".rgb")).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decode_OneChannel_EqualsPillow(string name)
    {
        using Picture picture = PictureDecoder.Decode(PictureFixtures.Read(name), channels: 1);

        picture.Channels.ShouldBe(1);
        picture.Pixels.SequenceEqual(PictureFixtures.Read(name + ".grey")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("474946383961010001000000", "47 49 46 38 (a GIF)")]
    [InlineData("424D46000000000000003600", "42 4D 46 00 (a BMP)")]
    [InlineData("49492A0008000000", "49 49 2A 00 (a TIFF)")]
    [InlineData("4D4D002A00000008", "4D 4D 00 2A (a TIFF)")]
    [InlineData("524946462400000057454250565038", "52 49 46 46 (a WebP)")]
    [InlineData("7B22", "7B 22")]
    public void Decode_OtherFormat_NamesIt(string hex, string shown)
    {
        Should.Throw<PictureException>(() => PictureDecoder.Decode(Convert.FromHexString(hex)))
            .Message.ShouldBe("not a JPEG or PNG picture: the first bytes are " + shown);
    }

    [Fact]
    public void Decode_Dicom_NamesIt()
    {
        byte[] file = [.. new byte[128], .. "DICM"u8, .. new byte[20]];

        Should.Throw<PictureException>(() => PictureDecoder.Decode(file))
            .Message.ShouldBe("not a JPEG or PNG picture: the first bytes are 00 00 00 00 (a DICOM file)");
    }

    [Fact]
    public void Decode_NoBytes_SaysSo()
    {
        Should.Throw<PictureException>(() => PictureDecoder.Decode([]))
            .Message.ShouldBe("not a JPEG or PNG picture: there are no bytes");
    }

    [Theory]
    [InlineData("colour_444.jpg")]
    [InlineData("rgb8.png")]
    public void Decode_MorePixelsThanAllowed_IsRefused(string name)
    {
        PictureCase picture = PictureFixtures.Case(name);
        long pixels = picture.Width * picture.Height;

        PictureDecoder.Decode(PictureFixtures.Read(name), maxPixels: pixels).Dispose();
        Should.Throw<PictureException>(() => PictureDecoder.Decode(PictureFixtures.Read(name), maxPixels: pixels - 1))
            .Message.ShouldContain($"{picture.Width} x {picture.Height} = {pixels} pixels");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void Decode_WrongChannels_IsRefused(int channels)
    {
        Should.Throw<ArgumentOutOfRangeException>(() => PictureDecoder.Decode(PictureFixtures.Read("rgb8.png"), channels));
    }
}
