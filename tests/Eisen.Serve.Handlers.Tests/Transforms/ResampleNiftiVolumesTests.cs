using System.Numerics.Tensors;
using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Nifti;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Handlers.Tests.Transforms;

/// <summary>ResampleNiftiVolumes against scipy on nilearn's grid.</summary>
public sealed class ResampleNiftiVolumesTests
{
    // In the units of the affine: what float32 leaves of it in a header.
    private const double AffineTolerance = 1e-4;

    private static readonly Lazy<IReadOnlyDictionary<string, JsonElement>> Cases = new(() => TransformCases.Load(Fixtures.PathOf("nifti/resample.json")));

    public static TheoryData<string> Names => [.. Cases.Value.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Apply_ManyAffinesAndTypes_EqualsScipy(string name)
    {
        JsonElement item = Cases.Value[name];
        using FieldDictionary fields = new() { ["volume"] = new FieldValue.Bytes(item.GetProperty("file").GetBytesFromBase64()) };
        TransformCases.Parse($$"""
            [{"type": "eisen.transforms.ResampleNiftiVolumes", "params": {{item.GetProperty("params").GetRawText()}}}]
            """)[0].Apply(fields);

        using (NiftiFile file = NiftiFile.Open(((FieldValue.Bytes)fields["volume"]).Content))
        {
            file.Header.Type.Name.ShouldBe(item.GetProperty("dtype").GetString());
            Rows(file.Header.Space.Affine).ShouldBe(item.GetProperty("affine").EnumerateArray().SelectMany(Numbers).Take(12), AffineTolerance);
            file.Header.Space.Units.ShouldBe((byte)(2 | 8));
        }

        fields.Names.ShouldBe(["volume", "volume_original_spacing", "volume_original_shape"]);
        ((FieldValue.List)fields["volume_original_spacing"]).Items.ShouldBe(Numbers(item.GetProperty("spacing")).Select(spacing => new FieldValue.Float(spacing)));
        ((FieldValue.List)fields["volume_original_shape"]).Items.ShouldBe(Numbers(item.GetProperty("shape")).Select(length => new FieldValue.Integer((int)length)));

        TransformCases.Parse("""[{"type": "eisen.transforms.NiftiToNumpy", "params": {"fields": ["volume"]}}]""")[0].Apply(fields);
        NDArray array = ((FieldValue.Array)fields["volume"]).Elements;
        using NDArray wanted = TransformCases.ReadArray(item.GetProperty("values"));
        array.Shape.ToArray().ShouldBe(wanted.Shape.ToArray());

        // scipy's numbers are not rounded; integers are, and which way a half goes is up to the last bit.
        bool isRounded = item.GetProperty("params").GetProperty("interpolation").ValueEquals("linear") && !item.GetProperty("dtype").ValueEquals("float32");
        ReadOnlySpan<float> given = array.AsSpan<float>();
        ReadOnlySpan<double> values = wanted.AsSpan<double>();
        double tolerance = 1e-6 * Math.Abs(TensorPrimitives.MaxMagnitude(values)) + (isRounded ? 0.5 : 0);
        for (int i = 0; i < given.Length; i++)
        {
            Math.Abs(given[i] - values[i]).ShouldBeLessThanOrEqualTo(tolerance, $"element {i} is {given[i]}, not {values[i]}");
            if (isRounded)
                float.IsInteger(given[i]).ShouldBeTrue();
        }
    }

    private static IEnumerable<double> Numbers(JsonElement list) => list.EnumerateArray().Select(number => number.GetDouble());

    private static double[] Rows(Affine affine) => [.. new[] { affine.X, affine.Y, affine.Z }.SelectMany(row => new[] { row.X, row.Y, row.Z, row.Offset })];
}
