using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Transforms;

/// <summary>All transforms of arrays against the original and against numpy, to the last bit.</summary>
public sealed class NumpyTransformTests
{
    public static TheoryData<string> ReferenceNames => [.. TransformCases.Reference.Keys];

    public static TheoryData<string> ComputedTypes => [.. TransformCases.Computed.Values.Select(TypeOf).Distinct()];

    [Theory]
    [MemberData(nameof(ReferenceNames))]
    public void Apply_Recorded_EqualsTheOriginal(string name) => TransformCases.Check(TransformCases.Reference[name]).ShouldBeNull();

    [Theory]
    [MemberData(nameof(ComputedTypes))]
    public void Apply_AllDTypesAndShapes_EqualsNumpy(string type)
    {
        string[] wrong = [.. TransformCases.Computed.Values.Where(item => TypeOf(item) == type).Select(TransformCases.Check).OfType<string>()];
        wrong.Take(5).ShouldBeEmpty($"{wrong.Length} cases are wrong");
    }

    [Fact]
    public void Apply_AnyTransform_LeavesTheRequestsMemoryAlone()
    {
        foreach (JsonElement item in TransformCases.Computed.Values.Where(item => !TransformCases.IsError(item)))
        {
            using FieldDictionary fields = TransformCases.Input(item);
            NDArray[] arrays = [.. fields.Fields.Select(field => ((FieldValue.Array)field.Value).Elements)];
            byte[][] before = [.. arrays.Select(array => array.Memory.ToArray())];
            TransformCases.Transform(item).Apply(fields);
            for (int i = 0; i < arrays.Length; i++)
                arrays[i].Memory.Span.SequenceEqual(before[i]).ShouldBeTrue(item.GetProperty("name").GetString());
        }
    }

    private static string TypeOf(JsonElement item) => item.GetProperty("type").GetString()!;
}
