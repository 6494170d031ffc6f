using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers.Tests.Images;

public sealed class PictureTransformOptionsTests
{
    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void Validate_OneMistake_SaysIt(PictureTransformOptions options, string mistake)
    {
        options.Validate().ShouldBe([mistake]);
    }

    [Fact]
    public void Validate_DefaultOptions_FindsNothing()
    {
        new PictureTransformOptions().Validate().ShouldBeEmpty();
        new PictureTransformOptions { Resize = null }.Validate().ShouldBeEmpty();
        new PictureTransformOptions { Resize = [8192, 1], Channels = 1, Mean = [-0.5f], Std = [1e-30f] }.Validate().ShouldBeEmpty();
    }

    public static TheoryData<PictureTransformOptions, string> WrongOptions() => new()
    {
        { new() { Resize = [] }, "Resize has 0 numbers, but must have one, or two: height and width." },
        { new() { Crop = null! }, "Crop has 0 numbers, but must have one, or two: height and width." },
        { new() { Crop = [1, 2, 3] }, "Crop has 3 numbers, but must have one, or two: height and width." },
        { new() { Resize = [-4, 256] }, "Resize contains -4, but a side must be from 1 to 8192." },
        { new() { Mean = [0.5f] }, "Mean has 1 numbers, but must have one for each of 3 channels." },
        { new() { Mean = [0.5f, float.PositiveInfinity, 0] }, "Mean contains Infinity, but must be a finite number." },
        { new() { Std = [0.5f, 0, 0.5f] }, "Std contains 0, but must be above 0." },
        { new() { Std = [0.5f, -1, 0.5f] }, "Std contains -1, but must be above 0." },
    };
}
