using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Transforms;

public sealed class FieldTransformsTests
{
    [Theory]
    [InlineData("{}", "pre.json must be a list of transforms such as {\"type\": \"eisen.transforms.MapValues\", \"params\": {\"fields\": [\"image\"]}}")]
    [InlineData("[1]", "pre.json: [0] must be an object with a text as its \"type\", for example \"eisen.transforms.AddChannelDimension\"")]
    [InlineData("""[{"type": 1}]""", "pre.json: [0] must be an object with a text as its \"type\", for example \"eisen.transforms.AddChannelDimension\"")]
    [InlineData("""[{"type": "eisen.transforms.MapValue"}]""", "pre.json: [0] there is no transform 'eisen.transforms.MapValue'; did you mean 'eisen.transforms.MapValues'?")]
    [InlineData("""[{"type": "MapValues"}]""", "pre.json: [0] there is no transform 'MapValues'; did you mean 'eisen.transforms.MapValues'?")]
    [InlineData("""[{"type": "eisen.transforms.ITKToNumpy"}]""", "pre.json: [0] eisen.transforms.ITKToNumpy is not offered: ITK volumes are not read here; send a NIfTI file, and use eisen.transforms.NiftiToNumpy")]
    [InlineData("""[{"type": "eisen.transforms.inspect.GetShape"}]""", "pre.json: [0] eisen.transforms.GetShape is not offered: it prints a request's shapes to the console; leave it out")]
    [InlineData("""[{"type": "eisen.transforms.AddChannelDimension"}]""", "pre.json: [0] AddChannelDimension: 'fields' is missing")]
    [InlineData("""[{"type": "eisen.transforms.AddChannelDimension", "params": 3}]""", "pre.json: [0] AddChannelDimension: 'fields' is missing; [0] AddChannelDimension: \"params\" must be an object, not 3")]
    [InlineData("""[{"type": "eisen.transforms.AddChannelDimension", "params": {"fields": []}}]""", "pre.json: [0] AddChannelDimension: 'fields' must be a list of one or more fields' names, not []")]
    [InlineData("""[{"type": "eisen.transforms.AddChannelDimension", "params": {"fields": "image"}}]""", "pre.json: [0] AddChannelDimension: 'fields' must be a list of one or more fields' names, not \"image\"")]
    [InlineData("""[{"type": "eisen.transforms.AddChannelDimension", "params": {"fields": ["a", null]}}]""", "pre.json: [0] AddChannelDimension: 'fields' must be a list of one or more fields' names, not [\"a\", null]")]
    [InlineData("""[{"type": "eisen.transforms.AddChannelDimension", "parms": {}, "params": {"fields": ["a"]}}]""", "pre.json: [0] AddChannelDimension: 'parms' has no meaning here; a transform has a \"type\" and \"params\"")]
    [InlineData("""[{"type": "eisen.transforms.RenameFields", "params": {"fields": ["a"], "new_fields": ["b", "c"]}}]""", "pre.json: [0] RenameFields: 'fields' and 'new_fields' must be equally long, not 1 and 2")]
    [InlineData("""[{"type": "eisen.transforms.CreateConstantFlags", "params": {"fields": ["a"], "values": [1, 2]}}]""", "pre.json: [0] CreateConstantFlags: 'fields' and 'values' must be equally long, not 1 and 2")]
    [InlineData("""[{"type": "eisen.transforms.CreateConstantFlags", "params": {"fields": ["a"], "values": [99999999999999999999]}}]""", "pre.json: [0] CreateConstantFlags: 'values' must be made of numbers from -2^63 to 2^64 - 1, not 99999999999999999999")]
    [InlineData("""[{"type": "eisen.transforms.MapValues", "params": {"fields": ["a"], "min_value": "0", "channelwise": 1, "max_valeu": 2}}]""",
        "pre.json: [0] MapValues: 'min_value' must be a number, not \"0\"; [0] MapValues: 'channelwise' must be true or false, not 1; [0] MapValues: there is no parameter 'max_valeu'; did you mean 'max_value'?")]
    [InlineData("""[{"type": "eisen.transforms.ThresholdValues", "params": {"fields": ["a"], "threshold": 1e5, "direction": "up"}}]""", "pre.json: [0] ThresholdValues: 'direction' must be one of 'greater', 'smaller', 'greater/equal', 'smaller/equal', not \"up\"")]
    [InlineData("""[{"type": "eisen.transforms.ThresholdValues", "params": {"fields": ["a"], "threshold": true}}]""", "pre.json: [0] ThresholdValues: 'threshold' must be a number, not true")]
    [InlineData("""[{"type": "eisen.transforms.ThresholdValues", "params": {"fields": ["a"], "threshold": 9999999999999999999}}]""", "pre.json: [0] ThresholdValues: 'threshold' must be a number, not 9999999999999999999")]
    [InlineData("""[{"type": "eisen.transforms.LabelMapToOneHot", "params": {"fields": ["a"], "classes": []}}]""", "pre.json: [0] LabelMapToOneHot: 'classes' must be a list of one or more numbers, not []")]
    [InlineData("""[{"type": "eisen.transforms.FixedMeanStdNormalization", "params": {"fields": ["a"], "mean": 1, "std": 0.0}}]""", "pre.json: [0] FixedMeanStdNormalization: 'std' must not be 0")]
    [InlineData("""[{"type": "eisen.transforms.RepeatTensor", "params": {"fields": ["a"], "reps": [1, -1]}}]""", "pre.json: [0] RepeatTensor: 'reps' must be a list of at most 32 whole numbers above 0, not [1, -1]")]
    [InlineData("""[{"type": "eisen.transforms.RepeatTensor", "params": {"fields": ["a"], "reps": [1e9]}}]""", "pre.json: [0] RepeatTensor: 'reps' must be a list of at most 32 whole numbers above 0, not [1e9]")]
    [InlineData("""[{"type": "eisen.transforms.CropCenteredSubVolumes", "params": {"fields": ["a"], "size": [1, 2]}}]""", "pre.json: [0] CropCenteredSubVolumes: 'size' must be a list of 3 whole numbers above 0, not [1, 2]")]
    [InlineData("""[{"type": "eisen.transforms.ResampleNiftiVolumes", "params": {"fields": ["a"], "resolution": [1, 0, 1], "interpolation": "cubic"}}]""",
        "pre.json: [0] ResampleNiftiVolumes: 'resolution' must be three numbers above 0; [0] ResampleNiftiVolumes: 'interpolation' must be one of 'linear', 'nearest', not \"cubic\"")]
    [InlineData("""[{"type": "eisen.transforms.NumpyToNifti", "params": {"fields": ["a"], "data_types": {"a": "float16"}}}]""",
        "pre.json: [0] NumpyToNifti: 'data_types' must be an object of field to dtype, one of uint8, int16, int32, float32, float64, int8, uint16, uint32, int64, uint64, not {\"a\": \"float16\"}")]
    [InlineData("""[{"type": "eisen.transforms.NumpyToNifti", "params": {"fields": ["a"], "data_types": {"b": "uint8"}, "like": "x", "affine": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]}}]""",
        "pre.json: [0] NumpyToNifti: 'data_types' has 'b', which 'fields' has not; [0] NumpyToNifti: 'affine' and 'like' cannot both say where the voxels lie")]
    [InlineData("""[{"type": "eisen.transforms.NumpyToNifti", "params": {"fields": ["a"], "affine": [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]}}]""",
        "pre.json: [0] NumpyToNifti: 'affine' must be four rows of four numbers that have an inverse, the last 0, 0, 0, 1, not [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]")]
    public void Parse_Mistakes_AreAllToldWithTheirPlace(string json, string message) =>
        Should.Throw<HandlerConfigurationException>(() => FieldTransforms.Parse(Encoding.UTF8.GetBytes(json), "pre.json")).Message.ShouldBe(message);

    [Theory]
    [InlineData("[{]", "pre.json is not JSON: ")]
    [InlineData("", "pre.json is not JSON: ")]
    [InlineData("""[{"type": "a", "type": "b"}]""", "pre.json is not JSON: ")]
    [InlineData("""[{"type": "\ud800"}]""", "pre.json holds text that is not valid Unicode")]
    public void Parse_NotJson_SaysSo(string json, string message) =>
        Should.Throw<HandlerConfigurationException>(() => FieldTransforms.Parse(Encoding.UTF8.GetBytes(json), "pre.json")).Message.ShouldStartWith(message);

    [Fact]
    public void Parse_DeepNesting_IsRefused()
    {
        string deep = "[{\"type\": \"eisen.transforms.CreateConstantFlags\", \"params\": {\"fields\": [\"a\"], \"values\": ["
            + new string('[', 100) + new string(']', 100) + "]}}]";

        Should.Throw<HandlerConfigurationException>(() => FieldTransforms.Parse(Encoding.UTF8.GetBytes(deep), "pre.json")).Message.ShouldStartWith("pre.json is not JSON: ");
    }

    [Fact]
    public void Parse_SeveralTransforms_TellsTheIndexOfEach()
    {
        string message = Should.Throw<HandlerConfigurationException>(() => TransformCases.Parse("""
            [{"type": "eisen.transforms.FilterFields"}, {"type": "eisen.transforms.AddChannelDimension", "params": {"fields": ["a"]}}, {"type": "x"}]
            """)).Message;

        message.ShouldStartWith("pre_process.json: [0] FilterFields: 'fields' is missing; [2] there is no transform 'x'; there are eisen.transforms.AddChannelDimension, ");
    }

    [Fact]
    public void Parse_TooManyTransforms_IsRefused()
    {
        string many = $"[{string.Join(',', Enumerable.Repeat("1", 1001))}]";

        Should.Throw<HandlerConfigurationException>(() => TransformCases.Parse(many)).Message.ShouldBe("pre_process.json lists 1001 transforms; 1000 is the most");
    }

    [Fact]
    public void Read_File_GivesTheTransformsInOrder()
    {
        using TemporaryFolder folder = new();
        folder.With("pre_process.json", """
            [{"type": "eisen.transforms.imaging.RenameFields", "params": {"fields": ["a"], "new_fields": ["b"]}},
             {"type": "eisen.transforms.CreateConstantFlags", "params": {"fields": ["c"], "values": [{"x": [1, 2.5, "s", true, null]}]}}]
            """);
        using FieldDictionary fields = new() { ["a"] = new FieldValue.Integer(1) };
        FieldTransforms.Apply(FieldTransforms.Read(Path.Combine(folder.Path, "pre_process.json")), fields);

        fields.Names.ShouldBe(["b", "c"]);
        FieldValue.Map map = (FieldValue.Map)fields["c"];
        map.Items[0].Key.ShouldBe("x");
        ((FieldValue.List)map.Items[0].Value).Items.ShouldBe(
            [new FieldValue.Integer(1), new FieldValue.Float(2.5), new FieldValue.Text("s"), new FieldValue.Bool(true), FieldValue.None.Instance]);
    }

    [Fact]
    public void Read_FileTooLarge_IsRefused()
    {
        using TemporaryFolder folder = new();
        folder.With("pre.json", new string(' ', (1 << 20) + 1));

        Should.Throw<HandlerConfigurationException>(() => FieldTransforms.Read(Path.Combine(folder.Path, "pre.json"))).Message.ShouldBe("pre.json is larger than 1 MiB");
    }

    [Fact]
    public void TypeNames_All_AreSorted() => FieldTransforms.TypeNames.ShouldBe(FieldTransforms.TypeNames.Order(StringComparer.Ordinal));

    [Fact]
    public void Apply_ArraysThatNoFieldHolds_AreDisposed()
    {
        using FieldDictionary fields = new();
        NDArray first = fields.Own(NDArray.Copy<float>([1, 2, 3], 3));
        fields["a"] = new FieldValue.Array(first);
        FieldTransforms.Apply(
            TransformCases.Parse("""[{"type": "eisen.transforms.AddChannelDimension", "params": {"fields": ["a"]}}, {"type": "eisen.transforms.ThresholdValues", "params": {"fields": ["a"], "threshold": 2}}]"""),
            fields);

        Should.Throw<ObjectDisposedException>(() => first.AsSpan<float>()[0]);
        ((FieldValue.Array)fields["a"]).Elements.AsSpan<float>().ToArray().ShouldBe([0, 0, 1]);
    }
}
