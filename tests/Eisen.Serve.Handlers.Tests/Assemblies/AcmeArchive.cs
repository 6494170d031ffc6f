using System.Text.Json.Nodes;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Handlers.Tests.Assemblies;

/// <summary>An unpacked archive with the handlers of <c>tests/Acme.Handlers</c>.</summary>
internal sealed class AcmeArchive : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public AcmeArchive(params string[] leftOut)
    {
        foreach (string name in new[] { "Acme.Handlers.dll", "Acme.Handlers.pdb", "Acme.Measures.dll" }.Except(leftOut))
            File.Copy(Path.Combine(BuiltFolder, name), Path.Combine(folder.Path, name));
        folder.With("label.json", """{"label": "brain"}""");
    }

    public static string BuiltFolder { get; } = Path.Combine(Fixtures.RepositoryRoot, "artifacts", "bin", "Acme.Handlers", new DirectoryInfo(AppContext.BaseDirectory).Name);

    public string Folder => folder.Path;

    public CollectingLogger<HandlerFactory> ModelLog { get; } = new();

    public HandlerContext Context(string parameters = "{}") =>
        new("acme", "1.0", folder.Path, JsonNode.Parse(parameters)!.AsObject(), ModelLog);

    public AssemblyHandler Make(string? name, string parameters = "{}") =>
        AssemblyHandler.Make(new HandlerClass("Acme.Handlers.dll", name), Context(parameters), ModelLog, TimeProvider.System, new UnloadWatch(TimeProvider.System, ModelLog));

    public void Dispose() => folder.Dispose();
}
