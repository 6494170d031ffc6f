using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers.Tests.Images;

public sealed class PictureTransformTests
{
    public static TheoryData<string> Names => [.. PictureFixtures.Cases.Where(picture => picture.Transformed.Count > 0).Select(picture => picture.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Apply_ManyOptions_EqualsTorchvision(string name)
    {
        foreach (TransformedCase expected in PictureFixtures.Case(name).Transformed)
        {
            PictureTransform transform = new(new PictureTransformOptions
            {
                Resize = expected.Resize,
                Crop = expected.Crop,
                Channels = expected.Channels,
                Mean = expected.Mean,
                Std = expected.Std,
            });
            using Picture picture = PictureDecoder.Decode(PictureFixtures.Read(name), expected.Channels);
            float[] actual = new float[transform.Length];
            transform.Apply(picture, actual);

            BitsOf(actual).SequenceEqual(BitsOf(PictureFixtures.ReadFloats(expected.File))).ShouldBeTrue(expected.File);
        }
    }

    [Fact]
    public void Apply_DefaultOptions_EqualsTorchvision()
    {
        PictureTransform transform = new(new PictureTransformOptions());
        using Picture picture = PictureDecoder.Decode(PictureFixtures.Read("photo_1024x768.jpg"));
        float[] actual = new float[3 * 224 * 224];
        transform.Apply(picture, actual);

        transform.OutputShape.ToArray().ShouldBe([3, 224, 224]);
        BitsOf(actual).SequenceEqual(BitsOf(PictureFixtures.ReadFloats("photo_1024x768.jpg.0.f32"))).ShouldBeTrue();
    }

    [Fact]
    public void Apply_PictureSmallerThanCrop_IsBlackAround()
    {
        PictureTransform transform = new(new PictureTransformOptions { Resize = null, Crop = [3, 4], Channels = 1, Mean = [0.5f], Std = [0.5f] });
        using Picture picture = new(1, 2, 1);
        picture.Pixels.Fill(255);
        float[] actual = new float[transform.Length];
        transform.Apply(picture, actual);

        actual.ShouldBe([-1, 1, -1, -1, -1, 1, -1, -1, -1, -1, -1, -1]);
    }

    [Fact]
    public void Apply_FromManyThreads_GivesTheSame()
    {
        PictureTransform transform = new(new PictureTransformOptions());
        byte[] encoded = PictureFixtures.Read("portrait.jpg");
        float[] expected = PictureFixtures.ReadFloats("portrait.jpg.0.f32");

        Parallel.For(0, 32, _ =>
        {
            using Picture picture = PictureDecoder.Decode(encoded);
            float[] actual = new float[transform.Length];
            transform.Apply(picture, actual);
            BitsOf(actual).SequenceEqual(BitsOf(expected)).ShouldBeTrue();
        });
    }

    [Fact]
    public void Apply_PictureTooLongAndThin_IsRefused()
    {
        PictureTransform transform = new(new PictureTransformOptions { Resize = [8192] });
        using Picture picture = new(1_000_000, 1, 3);

        Should.Throw<PictureException>(() => transform.Apply(picture, new float[transform.Length]));
    }

    [Fact]
    public void Apply_LongAndThinPicture_ComputesOnlyTheCentre()
    {
        PictureTransform transform = new(new PictureTransformOptions());
        using Picture picture = new(1_000_000, 1, 3);
        picture.Pixels.Fill(255);
        float[] actual = new float[transform.Length];
        transform.Apply(picture, actual);

        actual[..(224 * 224)].ShouldAllBe(value => value == (1f - 0.485f) / 0.229f);
    }

    [Fact]
    public void Apply_WrongChannelsOrLength_IsRefused()
    {
        PictureTransform transform = new(new PictureTransformOptions());
        using Picture grey = new(5, 5, 1);
        using Picture colour = new(5, 5, 3);

        Should.Throw<ArgumentException>(() => transform.Apply(grey, new float[transform.Length]));
        Should.Throw<ArgumentException>(() => transform.Apply(colour, new float[transform.Length - 1]));
    }

    [Fact]
    public void Constructor_WrongOptions_NamesEveryMistake()
    {
        PictureTransformOptions options = new() { Resize = [0], Crop = [8193, 5], Channels = 2, Mean = [1, 2], Std = [0, float.NaN] };

        options.Validate().Count.ShouldBe(5);
        string message = Should.Throw<ArgumentException>(() => new PictureTransform(options)).Message;
        foreach (string mistake in options.Validate())
            message.ShouldContain(mistake);
    }

    // Compared as bits, so that 0 and -0 differ.
    private static IEnumerable<int> BitsOf(float[] values) => values.Select(BitConverter.SingleToInt32Bits);
}
