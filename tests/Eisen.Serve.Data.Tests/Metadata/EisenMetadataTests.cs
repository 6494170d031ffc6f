using System.Text;
using System.Text.Json.Nodes;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Data.Tests.Metadata;

public class EisenMetadataTests
{
    private static readonly byte[] Recorded = File.ReadAllBytes(References.Eisen("served/metadata.json"));

    [Fact]
    public void Read_WhatTheOriginalPacked_IsAllOfIt()
    {
        EisenMetadata metadata = EisenMetadata.Read(Recorded);

        EisenField image = metadata.Inputs.ShouldHaveSingleItem();
        (image.Name, image.Type, image.Kind).ShouldBe(("image", "ndarray", EisenFieldKind.Array));
        image.Shape.ShouldBe([-1, 1, -1, -1, -1]);
        metadata.Outputs.Select(field => (field.Name, field.Kind)).ShouldBe([("logits", EisenFieldKind.Array), ("note", EisenFieldKind.Text)]);
        metadata.ModelInputs.ShouldBe(["image"]);
        metadata.ModelOutputs.ShouldBe(["logits"]);
        metadata.Custom["author"]!.GetValue<string>().ShouldBe("reference");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ToJson_WhatWasRead_IsTheSame(bool indented) =>
        JsonNode.DeepEquals(JsonNode.Parse(EisenMetadata.Read(Recorded).ToJson(indented)), JsonNode.Parse(Recorded)).ShouldBeTrue();

    [Fact]
    public void Create_ModelListsLeftOut_AreAllNames()
    {
        EisenMetadata metadata = EisenMetadata.Create(["a", "b"], ["ndarray", "str"], [[-1, 3], [-1]], ["c"], ["json"], [[]]);

        metadata.ModelInputs.ShouldBe(["a", "b"]);
        metadata.ModelOutputs.ShouldBe(["c"]);
        metadata.ToJson().ShouldBe("""{"inputs":[{"name":"a","type":"ndarray","shape":[-1,3]},{"name":"b","type":"str","shape":[-1]}],"outputs":[{"name":"c","type":"json","shape":[]}],"model_input_list":["a","b"],"model_output_list":["c"],"custom":{}}""");
    }

    [Fact]
    public void Create_SeveralMistakes_AreToldTogether()
    {
        Should.Throw<DataFormatException>(() => EisenMetadata.Create(["a", "b"], ["ndarray"], [[-1]], ["c"], ["str"], [])).Message
            .ShouldBe("the inputs have 2 names, 1 types and 1 shapes; they need as many of each; the outputs have 1 names, 1 types and 0 shapes; they need as many of each");
        Should.Throw<DataFormatException>(() => EisenMetadata.Create(["a", "a"], ["tensor", "str"], [[-2], [1]], [], [], [])).Message
            .ShouldBe("inputs[0].type must be 'ndarray', 'np.ndarray', 'nd.array', 'str', 'list' or 'json', not 'tensor'; inputs[0].shape must be a list of at most 32 whole numbers, each the length of a dimension or -1 for any; 'inputs' names 'a' 2 times; 'model_input_list' names a field twice");
    }

    [Theory]
    [InlineData("", "it is not JSON")]
    [InlineData("[]", "it must be an object")]
    [InlineData("{}", "'inputs' must be a list of fields such as")]
    [InlineData("""{"inputs": [1], "outputs": []}""", "inputs[0] must be an object")]
    [InlineData("""{"inputs": [{"type": "str", "shape": []}], "outputs": []}""", "inputs[0].name must be a text that is not empty")]
    [InlineData("""{"inputs": [], "outputs": [], "model_input_list": [1]}""", "'model_input_list' must be a list of at most 1000 names")]
    [InlineData("""{"inputs": [], "outputs": [], "custom": []}""", "'custom' must be an object")]
    [InlineData("""{"inputs": [], "inputs": [], "outputs": []}""", "it is not JSON")]
    [InlineData("""{"inputs": [{"name": "\ud800", "type": "str", "shape": []}], "outputs": []}""", "not valid Unicode")]
    public void Read_OfAnotherForm_IsRefused(string json, string message) =>
        Should.Throw<DataFormatException>(() => EisenMetadata.Read(Encoding.UTF8.GetBytes(json))).Message.ShouldContain(message);

    [Fact]
    public void Read_TooLarge_IsRefused() =>
        Should.Throw<DataFormatException>(() => EisenMetadata.Read(new byte[EisenMetadata.MaxBytes + 1])).Message.ShouldContain("1048576 are the most");

    [Theory]
    [InlineData("ndarray", new long[] { 2, 3 }, null)]
    [InlineData("ndarray", new long[] { 5, 3 }, null)]
    [InlineData("ndarray", new long[] { 2, 4 }, "field 'x' must be an array of shape [-1, 3], but an array float32[2, 4] was given")]
    [InlineData("ndarray", new long[] { 3 }, "field 'x' must be an array of shape [-1, 3], but an array float32[3] was given")]
    [InlineData("str", new long[] { 2, 3 }, "field 'x' must be a text, but an array float32[2, 3] was given")]
    [InlineData("json", new long[] { 2, 3 }, null)]
    public void MistakeIn_Array_NamesFieldExpectedAndGiven(string type, long[] shape, string? mistake)
    {
        using NDArray array = NDArray.Allocate(DType.Float32, shape);

        new EisenField("x", type, [-1, 3]).MistakeIn(new FieldValue.Array(array)).ShouldBe(mistake);
    }

    [Fact]
    public void MistakeIn_OtherValues_NamesThem()
    {
        new EisenField("x", "ndarray", [-1]).MistakeIn(new FieldValue.Text("")).ShouldBe("field 'x' must be an array of shape [-1], but a text was given");
        new EisenField("x", "ndarray", [-1]).MistakeIn(new FieldValue.Bytes(default)).ShouldBeNull();
        new EisenField("x", "str", [-1]).MistakeIn(new FieldValue.List([new FieldValue.Text("a")])).ShouldBeNull();
        new EisenField("x", "str", [-1]).MistakeIn(new FieldValue.List([new FieldValue.Integer(1)])).ShouldBe("field 'x' must be a text, but a list of 1 items was given");
        new EisenField("x", "list", [2]).MistakeIn(new FieldValue.List([])).ShouldBe("field 'x' must be a list of 2 items, but a list of 0 items was given");
        new EisenField("x", "list", [-1]).MistakeIn(new FieldValue.Float(1)).ShouldBe("field 'x' must be a list, but a number was given");
        new EisenField("x", "json", []).MistakeIn(FieldValue.None.Instance).ShouldBeNull();
    }
}
