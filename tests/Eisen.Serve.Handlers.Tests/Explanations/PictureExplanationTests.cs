using System.Text;
using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.Explanations;

/// <summary>What image_classifier says of its own answers, on a module whose classes each look at one corner of the picture.</summary>
public sealed class PictureExplanationTests
{
    private const string Options = "\"resize\":8,\"crop\":8,\"channels\":1,\"mean\":[0.5],\"std\":[0.5]";

    private static readonly byte[] White = GreyPng.Encode([.. Enumerable.Repeat((byte)255, 64)], width: 8);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 4)]
    public void Explain_ClassOfOneCorner_IsExplainedByThatCornerAlone(string target, int corner)
    {
        float[][] map = MapOf(Explain(White, target));

        for (int y = 0; y < 8; y++)
        {
            for (int x = 0; x < 8; x++)
                // A white pixel is 1 after the transform, and the class is the sum of its corner's.
                map[y][x].ShouldBe(y >= corner && y < corner + 4 && x >= corner && x < corner + 4 ? 1 : 0, 1e-4, $"row {y}, column {x}");
        }
    }

    [Fact]
    public void Explain_NoTarget_IsOfTheLikeliestClass()
    {
        byte[] pixels = [.. Enumerable.Range(0, 64).Select(i => i / 8 >= 4 && i % 8 >= 4 ? (byte)255 : (byte)140)];

        float[][] map = MapOf(Explain(GreyPng.Encode(pixels, width: 8)));

        map[7][7].ShouldBe(1, 1e-4);
        map[0][0].ShouldBe(0);
    }

    [Fact]
    public void Explain_LargerPatches_ShareTheirScore()
    {
        float[][] map = MapOf(Explain(White, "0", """ "explain_patch": 4, "explain_stride": 4 """));

        map[0][0].ShouldBe(16, 1e-3);
        map[3][3].ShouldBe(16, 1e-3);
        map[4][4].ShouldBe(0);
    }

    [Theory]
    [InlineData("2", "target is 2, but the model has 2 classes, 0 to 1")]
    [InlineData("-1", "target is '-1'; it takes the number of a class, from 0")]
    [InlineData("cat", "target is 'cat'; it takes the number of a class, from 0")]
    [InlineData("", "target is ''; it takes the number of a class, from 0")]
    public void Explain_NoSuchClass_SaysWhatThereIs(string target, string message) =>
        Should.Throw<BadInputException>(() => Explain(White, target)).Message.ShouldBe(message);

    [Fact]
    public void Explain_NoPicture_SaysSo() =>
        Should.Throw<BadInputException>(() => Explain("text"u8.ToArray())).Message.ShouldStartWith("not a JPEG or PNG picture");

    [Fact]
    public void Explain_HeatMap_IsAsLargeAsThePictureAndRedWhereItMatters()
    {
        byte[] wide = GreyPng.Encode([.. Enumerable.Repeat((byte)255, 32 * 16)], width: 32);

        using HandlerAnswer answer = Explain(wide, "0", accept: "application/json;q=0.5, image/png");

        answer.ContentType.ShouldBe("image/png");
        using Picture map = PictureDecoder.Decode(answer.Content.Span);
        (map.Width, map.Height).ShouldBe((32, 16));
        // The model saw the square in the middle, columns 8 to 23, and its class the upper left quarter of that.
        Pixel(map, 10, 2).ShouldBe((222, 82, 83), "for the class");
        Pixel(map, 20, 12).ShouldBe((255, 255, 255), "without effect");
        Pixel(map, 2, 2).ShouldBe((127, 127, 127), "not seen");
        Pixel(map, 30, 12).ShouldBe((127, 127, 127), "not seen");
    }

    [Fact]
    public void Explain_PictureInBase64_IsDrawnUpon()
    {
        using HandlerAnswer answer = Explain(Encoding.UTF8.GetBytes($"\"{Convert.ToBase64String(White)}\""), "0", accept: "image/png");

        using Picture map = PictureDecoder.Decode(answer.Content.Span);
        Pixel(map, 1, 1).ShouldBe((222, 82, 83));
        Pixel(map, 6, 6).ShouldBe((255, 255, 255));
    }

    [Fact]
    public void Explain_PictureAsNumbers_HasItsOwnSizeAndIsDrawnInGrey()
    {
        byte[] numbers = "[[[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]]"u8.ToArray();

        MapOf(Explain(numbers, "0")).ShouldBe([[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]);
        using HandlerAnswer answer = Explain(numbers, "0", accept: "image/png");
        using Picture map = PictureDecoder.Decode(answer.Content.Span);
        (map.Width, map.Height).ShouldBe((4, 4));
        Pixel(map, 0, 0).ShouldBe((222, 82, 83));
        Pixel(map, 3, 3).ShouldBe((255, 255, 255));
    }

    [Fact]
    public void Explain_InAnEnvelope_IsOfEachInstanceAndItsTarget()
    {
        using IScriptModule halves = Modules.LoadFixture("halves");
        IModelHandler handler = BuiltInHandlers.Create("image_classifier", Modules.Context($"{{{Options}}}"), EnvelopeKind.KServe);
        string picture = Convert.ToBase64String(White);
        HandlerRequest request = new([new RequestPart("body", "application/json", Encoding.UTF8.GetBytes($$"""{"instances": [{"data": {"b64": "{{picture}}"}, "target": 0}, {"data": {"b64": "{{picture}}"}, "target": 1}]}"""))]) { Kind = RequestKind.Explain };

        using HandlerAnswer answer = handler.Explain(request, halves, [], CancellationToken.None).ShouldNotBeNull();

        float[][][][] maps = JsonDocument.Parse(answer.Text()).RootElement.GetProperty("explanations").Deserialize<float[][][][]>()!;
        maps.Length.ShouldBe(2);
        (maps[0][0][0][0], maps[0][0][7][7]).ShouldBe((1, 0));
        (maps[1][0][0][0], maps[1][0][7][7]).ShouldBe((0, 1));
    }

    [Fact]
    public void Explain_CancelledBetweenForwards_Stops()
    {
        using CancellationTokenSource cancelled = new();
        using CancellingModule module = new(cancelled, forwards: 3);

        Should.Throw<OperationCanceledException>(() => Handler("").Explain(Request(White), module, [], cancelled.Token));

        module.Forwards.ShouldBe(3);
    }

    [Fact]
    public void Explain_Forwards_AreAsManyAsPatchesInBatches()
    {
        using CountedModule module = new("halves");

        using HandlerAnswer? answer = Handler(""" "explain_batch": 30 """).Explain(Request(White), module, [], CancellationToken.None);

        module.Inputs.ShouldBe(["float32[1, 1, 8, 8]", "float32[30, 1, 8, 8]", "float32[30, 1, 8, 8]", "float32[4, 1, 8, 8]"]);
        module.ResultsDisposed.ShouldBe(4);
    }

    [Fact]
    public void Explain_ModuleThatIsNoClassifier_SaysWhatItReturned()
    {
        using IScriptModule identity = Modules.LoadFixture("identity");

        Should.Throw<UnusableOutputException>(() => Handler("").Explain(Request(White), identity, [], CancellationToken.None))
            .Message.ShouldBe("An explanation needs [1, classes] from the module, which returned float32[1, 1, 8, 8].");
    }

    [Theory]
    [InlineData("\"explain_patch\": 0", "handler.explain_patch must be a whole number above 0, or a list of up to 3, one an axis, not 0")]
    [InlineData("\"explain_patch\": [1, 2, 3]", "handler.explain_patch has 3 numbers, but patches extend along 2 axes: give one number, or 2")]
    [InlineData("\"explain_limit\": 63", "an explanation of 8 x 8 elements takes 64 forwards, and handler.explain_limit allows 63; raise it, or explain_patch and explain_stride")]
    public void Create_OptionsThatCannotBe_AreRefused(string options, string message) =>
        Should.Throw<HandlerConfigurationException>(() => Handler(options)).Message.ShouldBe(message);

    private static IModelHandler Handler(string options) =>
        BuiltInHandlers.Create("image_classifier", Modules.Context($"{{{Options}{(options.Length > 0 ? "," : "")}{options}}}"));

    private static HandlerAnswer Explain(byte[] picture, string? target = null, string options = "", string? accept = null)
    {
        using IScriptModule halves = Modules.LoadFixture("halves");
        return Handler(options).Explain(Request(picture, target, accept), halves, [], CancellationToken.None).ShouldNotBeNull();
    }

    private static HandlerRequest Request(byte[] picture, string? target = null, string? accept = null) => new(
        target is null ? [new RequestPart("body", null, picture)] : [new RequestPart("data", "image/png", picture), new RequestPart("target", null, Encoding.UTF8.GetBytes(target))],
        new RequestHeaders(accept is null ? [] : [new("accept", accept)]))
    {
        Kind = RequestKind.Explain,
    };

    private static float[][] MapOf(HandlerAnswer answer) => JsonSerializer.Deserialize<float[][][]>(answer.Text())!.ShouldHaveSingleItem();

    private static (int, int, int) Pixel(Picture picture, int x, int y)
    {
        ReadOnlySpan<byte> pixel = picture.Pixels.Slice(((y * picture.Width) + x) * 3, 3);
        return (pixel[0], pixel[1], pixel[2]);
    }

    /// <summary>Cancels after some forwards.</summary>
    private sealed class CancellingModule(CancellationTokenSource cancelled, int forwards) : IScriptModule
    {
        private readonly IScriptModule module = Modules.LoadFixture("halves");

        public int Forwards { get; private set; }

        public TorchDevice Device => module.Device;

        public ForwardResult Forward(params ReadOnlySpan<TorchValue> inputs)
        {
            if (++Forwards == forwards)
                cancelled.Cancel();
            return module.Forward(inputs);
        }

        public ModuleDescription Describe() => module.Describe();

        public IScriptModule Optimize(ModuleOptimization kind) => throw new NotSupportedException();

        public void Dispose() => module.Dispose();
    }
}
