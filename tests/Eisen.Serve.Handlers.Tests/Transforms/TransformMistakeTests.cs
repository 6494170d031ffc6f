using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Transforms;

/// <summary>What clients are told of fields that a transform cannot use.</summary>
public sealed class TransformMistakeTests
{
    [Theory]
    [InlineData("RenameFields", """{"fields": ["zz"], "new_fields": ["x"]}""", "RenameFields: there is no field 'zz'; there are 'image', 'text', 'half', 'truth', 'empty', 'other', 'single'")]
    [InlineData("FilterFields", """{"fields": ["image", "zz"]}""", "FilterFields: there is no field 'zz'; there are 'image', 'text', 'half', 'truth', 'empty', 'other', 'single'")]
    [InlineData("AddChannelDimension", """{"fields": ["text"]}""", "AddChannelDimension: field 'text' must be an array, not a text")]
    [InlineData("MapValues", """{"fields": ["truth"]}""", "MapValues: field 'truth' is bool[1]; numpy does not subtract truth values, but numbers")]
    [InlineData("MapValues", """{"fields": ["half"]}""", "MapValues: field 'half' is bfloat16[2]; numpy does not calculate with bfloat16, but with float32, for example")]
    [InlineData("MapValues", """{"fields": ["empty"]}""", "MapValues: field 'empty' is int16[0, 2]; without elements there is no least one")]
    [InlineData("MapValues", """{"fields": ["single"], "channelwise": true}""", "MapValues: field 'single' is float32[]; channelwise it needs a dimension of channels")]
    [InlineData("MapValues", """{"fields": ["other"], "channelwise": true, "max_value": 0.5}""", "MapValues: field 'other' is int16[2, 2], which stays int16 channelwise; so it cannot be multiplied by 0.5 and increased by 0: make it float32 before")]
    [InlineData("StackImagesChannelwise", """{"fields": ["image", "other"], "dst_field": "x"}""", "StackImagesChannelwise: field 'other' is int16[2, 2]; to be stacked it must have the shape of 'image', [2, 3]")]
    [InlineData("StackImagesChannelwise", """{"fields": ["image", "other"], "dst_field": "x", "create_new_dim": false}""", "StackImagesChannelwise: field 'other' is int16[2, 2]; to be concatenated it must have the shape of 'image', [2, 3], but for the first dimension")]
    [InlineData("StackImagesChannelwise", """{"fields": ["single"], "dst_field": "x", "create_new_dim": false}""", "StackImagesChannelwise: field 'single' is float32[]; to be concatenated it needs a dimension")]
    [InlineData("RepeatTensor", """{"fields": ["image"], "reps": [2147483647, 2147483647, 2147483647, 2147483647]}""",
        "RepeatTensor: field 'image' would become float32[2147483647, 2147483647, 4294967294, 6442450941], more than 2 GiB")]
    [InlineData("CropCenteredSubVolumes", """{"fields": ["image"], "size": [1, 1, 1]}""", "CropCenteredSubVolumes: field 'image' is float32[2, 3]; it must have at least three dimensions")]
    [InlineData("NiftiToNumpy", """{"fields": ["image"]}""", "NiftiToNumpy: field 'image' must be a NIfTI-1 file's bytes, not the array float32[2, 3]")]
    [InlineData("NumpyToNifti", """{"fields": ["image"]}""", "NumpyToNifti: field 'image' is float32[2, 3]; it must have 3 to 7 dimensions")]
    [InlineData("PilToNumpy", """{"fields": ["text"]}""", "PilToNumpy: field 'text' must be a JPEG or PNG picture's bytes, not a text")]
    public void Apply_UnusableField_SaysWhichAndWhy(string type, string parameters, string message)
    {
        using FieldDictionary fields = new();
        fields["image"] = Array(NDArray.Copy<float>([1, 2, 3, 4, 5, 6], 2, 3));
        fields["text"] = new FieldValue.Text("hello");
        fields["half"] = Array(NDArray.Wrap(DType.BFloat16, [2], new byte[4]));
        fields["truth"] = Array(NDArray.Copy<bool>([true], 1));
        fields["empty"] = Array(NDArray.Copy<short>([], 0, 2));
        fields["other"] = Array(NDArray.Copy<short>([1, 2, 3, 4], 2, 2));
        fields["single"] = Array(NDArray.Copy<float>([1]));

        Should.Throw<BadInputException>(() => TransformCases.Parse($$"""[{"type": "eisen.transforms.{{type}}", "params": {{parameters}} }]""")[0].Apply(fields))
            .Message.ShouldBe(message);

        FieldValue.Array Array(NDArray array) => new(fields.Own(array));
    }

    [Fact]
    public void Apply_OneTransformForManyThreads_GivesEachItsOwn()
    {
        IFieldTransform transform = TransformCases.Parse("""[{"type": "eisen.transforms.MapValues", "params": {"fields": ["a"]}}]""")[0];

        Parallel.For(0, 200, i =>
        {
            using FieldDictionary fields = new();
            fields["a"] = new FieldValue.Array(fields.Own(NDArray.Copy<double>([i, i + 1, i + 2], 3)));
            transform.Apply(fields);
            ((FieldValue.Array)fields["a"]).Elements.AsSpan<double>().ToArray().ShouldBe([0, 0.5, 1], 1e-5);
        });
    }
}
