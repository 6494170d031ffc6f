using System.Runtime.InteropServices;
using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Handlers.Tests.Images;

/// <summary>What <c>tests/fixtures/make_pictures.py</c> wrote.</summary>
internal static class PictureFixtures
{
    private static readonly Lazy<IReadOnlyList<PictureCase>> LoadedCases = new(Load);

    public static IReadOnlyList<PictureCase> Cases => LoadedCases.Value;

    public static TheoryData<string> Names => [.. Cases.Select(picture => picture.Name)];

    public static TheoryData<string> SmallNames => [.. Cases.Where(picture => Read(picture.Name).Length < 5000).Select(picture => picture.Name)];

    public static PictureCase Case(string name) => Cases.Single(picture => picture.Name == name);

    public static byte[] Read(string name) => File.ReadAllBytes(Fixtures.PathOf("pictures/" + name));

    public static float[] ReadFloats(string name) => MemoryMarshal.Cast<byte, float>(Read(name)).ToArray();

    private static IReadOnlyList<PictureCase> Load() =>
        JsonSerializer.Deserialize<List<PictureCase>>(Read("index.json"), JsonSerializerOptions.Web)!;
}

internal sealed record PictureCase(
    string Name, int Width, int Height, IReadOnlyList<ResizedCase> Resized, IReadOnlyList<TransformedCase> Transformed);

internal sealed record ResizedCase(int Width, int Height, int Channels, string File);

internal sealed record TransformedCase(
    IReadOnlyList<int>? Resize, IReadOnlyList<int> Crop, int Channels, IReadOnlyList<float> Mean, IReadOnlyList<float> Std, string File);
