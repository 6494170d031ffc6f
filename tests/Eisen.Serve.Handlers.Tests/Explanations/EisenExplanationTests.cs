using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;
using Eisen.Serve.Handlers.Tests.Eisen;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.Explanations;

/// <summary>What Eisen's handler says of its models' answers, field by field.</summary>
public sealed class EisenExplanationTests
{
    private static readonly string[] Volume = ["x:-1,1,-1,-1,-1"];
    private static readonly string[] Classes = ["y:-1,2"];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Explain_VolumeWhoseClassLooksAtOneCorner_IsExplainedByThatCorner(int target)
    {
        using EisenFolder folder = new(Volume, Classes);

        using FieldDictionary fields = Explain(folder, "halves", EisenFolder.Message(("x", Ones(1, 1, 6, 6, 6)), ("target", new FieldValue.Integer(target))));

        NDArray map = fields.Array("x");
        map.ToString().ShouldBe("float32[1, 1, 6, 6, 6]");
        for (int i = 0; i < map.ElementCount; i++)
        {
            bool isInCorner = new[] { i / 36, i / 6 % 6, i % 6 }.All(place => target == 0 ? place < 3 : place >= 3);
            map.AsSpan<float>()[i].ShouldBe(isInCorner ? 1 : 0, 1e-5, $"element {i}");
        }
    }

    [Fact]
    public void Explain_RowsOfABatch_AreEachExplainedByThemselves()
    {
        using EisenFolder folder = new(["x:-1,1,-1,-1"], Classes);
        float[] pictures = new float[2 * 4];
        pictures[0] = 3;
        pictures[7] = 5;

        using FieldDictionary fields = Explain(folder, "halves", EisenFolder.Message(("x", EisenFolder.Floats([2, 1, 2, 2], pictures))));

        // The first row's likeliest class is the one of the first corner, the second row's that of the other.
        fields.Array("x").AsSpan<float>().ToArray().ShouldBe([3, 0, 0, 0, 0, 0, 0, 5]);
    }

    [Fact]
    public void Explain_SeveralInputs_EachHasItsOwn()
    {
        using EisenFolder folder = new(["a:-1,3", "b:-1,3"], ["y:-1,3"]);

        using FieldDictionary fields = Explain(folder, "add", EisenFolder.Json("""{"a": [[1, 2, 3]], "b": [[10, 20, 30]], "target": 1}""", "application/msgpack"));

        fields.Array("a").AsSpan<float>().ToArray().ShouldBe([0, 2, 0]);
        fields.Array("b").AsSpan<float>().ToArray().ShouldBe([0, 20, 0]);
    }

    [Fact]
    public void Explain_Segmentation_AveragesTheClassWhereItWon()
    {
        using EisenFolder folder = new(["x:-1,2,-1,-1"], ["y:-1,2,-1,-1"]);
        // Two classes for four places; the second class wins at the last place only.
        float[] scores = [4, 4, 4, 4, 0, 0, 0, 8];

        using FieldDictionary fields = Explain(folder, "identity", EisenFolder.Message(("x", EisenFolder.Floats([1, 2, 2, 2], scores)), ("target", new FieldValue.Integer(1))));

        fields.Array("x").AsSpan<float>().ToArray().ShouldBe([0, 0, 0, 8, 0, 0, 0, 8], "channels share their patches");
    }

    [Fact]
    public void Explain_ModelWithoutBatch_IsExplainedOneForwardAtATime()
    {
        using EisenFolder folder = new(["x:4"], ["y:4"]);
        using CountedModule module = new("identity");

        using HandlerAnswer? answer = folder.MakeHandler().Explain(EisenFolder.Message(("x", EisenFolder.Floats([4], 1, 2, 3, 4))), module, [], CancellationToken.None);

        EisenFolder.Fields(answer.ShouldNotBeNull()).ShouldBe("""{"x":[0,0,0,4]}""");
        module.Inputs.ShouldAllBe(input => input == "float32[4]");
        module.Inputs.Count.ShouldBe(5);
    }

    [Fact]
    public void Explain_ModuleThatWorksInPlace_ChangesNothingThatCounts()
    {
        using EisenFolder folder = new(["x:-1,3"], ["y:-1,3"]);

        using FieldDictionary first = Explain(folder, "in_place", EisenFolder.Message(("x", EisenFolder.Floats([1, 3], 1, 2, 3)), ("target", new FieldValue.Integer(2))));

        float[] map = first.Array("x").AsSpan<float>().ToArray();
        map[..2].ShouldBe([0, 0]);
        map[2].ShouldNotBe(0);
    }

    [Fact]
    public void Explain_Json_AnswersInJson()
    {
        using EisenFolder folder = new(["x:-1,2"], ["y:-1,2"]);
        using IScriptModule identity = Modules.LoadFixture("identity");

        using HandlerAnswer answer = folder.MakeHandler().Explain(EisenFolder.Json("""{"x": [[1, 2]]}"""), identity, [], CancellationToken.None)!;

        answer.ContentType.ShouldBe("application/json");
        answer.Text().ShouldContain("\"x\"");
    }

    [Fact]
    public void Explain_HeatMapOfAVolume_IsTheSliceThatMattersMost()
    {
        using EisenFolder folder = new(Volume, Classes);
        using IScriptModule halves = Modules.LoadFixture("halves");
        float[] volume = new float[4 * 6 * 8];
        volume[(3 * 48) + (5 * 8) + 7] = 2;
        HandlerRequest request = new(
            EisenFolder.Message(("x", EisenFolder.Floats([1, 1, 4, 6, 8], volume))).Parts, new RequestHeaders([new("Accept", "image/png")]));

        using HandlerAnswer answer = folder.MakeHandler().Explain(request, halves, [], CancellationToken.None)!;

        answer.ContentType.ShouldBe("image/png");
        answer.Headers.ShouldBe([new("X-Heat-Map-Slice", "3")]);
        using Picture map = PictureDecoder.Decode(answer.Content.Span);
        (map.Width, map.Height).ShouldBe((8, 6));
        map.Pixels[^3].ShouldBeGreaterThan((byte)200);
        map.Pixels[0].ShouldBe((byte)0);
    }

    [Theory]
    [InlineData("""{"x": [[1, 2]], "target": 2}""", "target is 2, but the model has 2 classes, 0 to 1")]
    [InlineData("""{"x": [[1, 2]], "target": "y"}""", "field 'target' is a text; it takes the number of a class, from 0")]
    [InlineData("""{"x": [[1]]}""", "field 'x' must be an array of shape [-1, 2]")]
    [InlineData("""{"x": """, "")]
    public void Explain_BadRequest_SaysWhatIsWrong(string body, string message)
    {
        using EisenFolder folder = new(["x:-1,2"], ["y:-1,2"]);
        using IScriptModule identity = Modules.LoadFixture("identity");

        HandlerAnswer answer = folder.MakeHandler().Explain(EisenFolder.Json(body), identity, [], CancellationToken.None)!;

        answer.Error.ShouldBe(PredictionError.BadInput);
        answer.Message.ShouldStartWith(message);
    }

    [Fact]
    public void Explain_MoreThanIsAllowed_SaysWhatToRaise()
    {
        using EisenFolder folder = new(["a:-1,40", "b:-1,40"], ["y:-1,40"]);
        IModelHandler handler = BuiltInHandlers.Create("eisen", Modules.Context("""{"explain_limit": 79}""", folder.Path));
        using IScriptModule add = Modules.LoadFixture("add");
        FieldValue row = Ones(1, 40);

        HandlerAnswer answer = handler.Explain(EisenFolder.Message(("a", row), ("b", row)), add, [], CancellationToken.None)!;

        answer.Message.ShouldBe("an explanation of all inputs takes 80 forwards, and handler.explain_limit allows 79; raise it, or explain_patch and explain_stride");
    }

    [Fact]
    public void Explain_OtherOutput_IsTheOneThatTheOptionNames()
    {
        using EisenFolder folder = new(["x:-1,2"], ["first:-1,2", "second:-1,2"], modelOutputs: ["first", "second"]);
        Should.Throw<HandlerConfigurationException>(() => BuiltInHandlers.Create("eisen", Modules.Context("""{"explain_output": "third"}""", folder.Path)))
            .Message.ShouldBe("handler.explain_output must be one of the model's outputs, first, second, not \"third\"");
        using IScriptModule five = Modules.LoadFixture("five");

        using HandlerAnswer answer = BuiltInHandlers.Create("eisen", Modules.Context("""{"explain_output": "second"}""", folder.Path))
            .Explain(EisenFolder.Message(("x", EisenFolder.Floats([1, 2], 3, 4))), five, [], CancellationToken.None)!;

        EisenFolder.Fields(answer).ShouldBe("""{"x":[[0,4]]}""");
    }

    private static FieldValue Ones(params long[] shape)
    {
        float[] ones = new float[shape.Aggregate(1L, (product, length) => product * length)];
        Array.Fill(ones, 1);
        return EisenFolder.Floats(shape, ones);
    }

    private static FieldDictionary Explain(EisenFolder folder, string module, HandlerRequest request)
    {
        using IScriptModule loaded = Modules.LoadFixture(module);
        using HandlerAnswer? answer = folder.MakeHandler().Explain(request, loaded, [], CancellationToken.None);
        answer.ShouldNotBeNull();
        answer.Error.ShouldBe(PredictionError.None, answer.Message);
        return EisenMessagePack.ReadFields(answer.Content.ToArray());
    }
}
