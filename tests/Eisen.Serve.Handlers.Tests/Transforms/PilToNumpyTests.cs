using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;
using Eisen.Serve.Handlers.Tests.Images;

namespace Eisen.Serve.Handlers.Tests.Transforms;

public sealed class PilToNumpyTests
{
    public static TheoryData<string> Names => PictureFixtures.SmallNames;

    [Theory]
    [MemberData(nameof(Names))]
    public void Apply_AnyPicture_GivesItsSamples(string name)
    {
        byte[] file = PictureFixtures.Read(name);
        int channels = PictureDecoder.ChannelsOf(file);
        using Picture picture = PictureDecoder.Decode(file, channels);
        float[] samples = [.. picture.Pixels.ToArray().Select(sample => (float)sample)];

        using FieldDictionary fields = Apply(file, isMultichannel: false);
        NDArray array = ((FieldValue.Array)fields["picture"]).Elements;
        array.ToString().ShouldBe(channels == 1 ? $"float32[{picture.Height}, {picture.Width}]" : $"float32[{picture.Height}, {picture.Width}, 3]");
        array.AsSpan<float>().SequenceEqual(samples).ShouldBeTrue();

        using FieldDictionary channelsFirst = Apply(file, isMultichannel: true);
        NDArray turned = ((FieldValue.Array)channelsFirst["picture"]).Elements;
        int last = channels == 1 ? picture.Width : channels;
        turned.ToString().ShouldBe(channels == 1 ? $"float32[{picture.Width}, {picture.Height}]" : $"float32[3, {picture.Height}, {picture.Width}]");
        turned.AsSpan<float>().SequenceEqual([.. Enumerable.Range(0, samples.Length).OrderBy(i => i % last).Select(i => samples[i])]).ShouldBeTrue();
    }

    [Fact]
    public void ChannelsOf_GreyAndColour_IsOneAndThree()
    {
        int[] found = [.. PictureFixtures.Cases.Select(picture => PictureDecoder.ChannelsOf(PictureFixtures.Read(picture.Name))).Distinct().Order()];

        found.ShouldBe([1, 3]);
    }

    [Fact]
    public void Apply_NotAPicture_SaysWhatIsWrong() =>
        Should.Throw<BadInputException>(() => Apply([1, 2, 3, 4], isMultichannel: false))
            .Message.ShouldBe("PilToNumpy: field 'picture' is not usable: not a JPEG or PNG picture: the first bytes are 01 02 03 04");

    private static FieldDictionary Apply(byte[] file, bool isMultichannel)
    {
        FieldDictionary fields = new() { ["picture"] = new FieldValue.Bytes(file) };
        string flag = isMultichannel ? "true" : "false";
        TransformCases.Parse($$"""[{"type": "eisen.transforms.PilToNumpy", "params": {"fields": ["picture"], "multichannel": {{flag}} } }]""")[0].Apply(fields);
        return fields;
    }
}
