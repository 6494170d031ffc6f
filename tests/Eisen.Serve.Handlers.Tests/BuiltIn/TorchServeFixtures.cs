using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Handlers.Tests.BuiltIn;

/// <summary>Networks that Python made, and what it answers by the steps of TorchServe's handlers.</summary>
internal static class TorchServeFixtures
{
    public static JsonElement Expected(string handler) =>
        JsonDocument.Parse(File.ReadAllBytes(PathOf("expected.json"))).RootElement.GetProperty(handler);

    public static string PathOf(string name) => Fixtures.PathOf("handlers/" + name);

    public static byte[] Picture(string name) => File.ReadAllBytes(Fixtures.PathOf("resnet/pictures/" + name));
}
