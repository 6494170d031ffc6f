using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Handlers.Tests.Transforms;

/// <summary>NiftiToNumpy against nibabel, to the last bit.</summary>
public sealed class NiftiReadingTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, JsonElement>> Cases = new(() => TransformCases.Load(Fixtures.PathOf("nifti/read.json")));

    [Fact]
    public void Apply_AllTypesShapesAndByteOrders_EqualsNibabel()
    {
        string[] wrong = [.. Cases.Value.Values.Select(TransformCases.Check).OfType<string>()];
        wrong.Take(5).ShouldBeEmpty($"{wrong.Length} of {Cases.Value.Count} cases are wrong");
    }

    [Fact]
    public void Apply_PlanesTooLargeToBuffer_EqualsTheFile()
    {
        const int Width = 4100;
        const int Height = 2100;
        byte[] file = NiftiBytes.Make(4, sizeof(short), [Width, Height, 3]);
        Span<short> voxels = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(file.AsSpan(NiftiBytes.DataOffset));
        for (int i = 0; i < voxels.Length; i++)
            voxels[i] = (short)(i * 31);

        using FieldDictionary fields = new() { ["volume"] = new FieldValue.Bytes(file) };
        TransformCases.Parse("""[{"type": "eisen.transforms.NiftiToNumpy", "params": {"fields": ["volume"]}}]""")[0].Apply(fields);

        NDArray array = ((FieldValue.Array)fields["volume"]).Elements;
        array.ToString().ShouldBe($"float32[{Width}, {Height}, 3]");
        ReadOnlySpan<float> values = array.AsSpan<float>();
        for (int x = 0; x < Width; x += 97)
        {
            for (int y = 0; y < Height; y += 89)
            {
                for (int z = 0; z < 3; z++)
                    values[(x * Height + y) * 3 + z].ShouldBe((short)((z * Width * Height + y * Width + x) * 31));
            }
        }
    }
}
