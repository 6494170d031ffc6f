using System.IO.Compression;
using System.Text;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd.CSharpHandlers;

/// <summary>Archives with the handlers of <c>tests/Acme.Handlers</c> around <c>modules/double.pt</c>.</summary>
internal static class AcmeArchives
{
    /// <summary>The built assemblies.</summary>
    public static string BuiltFolder { get; } = Path.Combine(Fixtures.RepositoryRoot, "artifacts", "bin", "Acme.Handlers", new DirectoryInfo(AppContext.BaseDirectory).Name);

    /// <summary>Packs an archive into the model store.</summary>
    /// <param name="place">Where the server is.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="handler">The class, without its namespace.</param>
    /// <param name="config">The text of its model-config.yaml.</param>
    /// <param name="version">The model's version; the archive is called by both.</param>
    /// <returns>The archive's name.</returns>
    public static string PackAcme(this Workplace place, string name, string handler, string config = "minWorkers: 1\n", string version = "1.0")
    {
        string file = $"{name}-{version}.mar";
        using ZipArchive zip = ZipFile.Open(Path.Combine(place.ModelStore, file), ZipArchiveMode.Create);
        zip.CreateEntryFromFile(Fixtures.PathOf("modules/double.pt"), "model.pt", CompressionLevel.NoCompression);
        foreach (string assembly in (string[])["Acme.Handlers.dll", "Acme.Measures.dll"])
            zip.CreateEntryFromFile(Path.Combine(BuiltFolder, assembly), assembly);
        foreach ((string entry, string text) in (IEnumerable<(string, string)>)
        [
            ("label.json", """{"label": "brain"}"""),
            ("model-config.yaml", config),
            ("MAR-INF/MANIFEST.json", $$"""{"model": {"modelName": "{{name}}", "serializedFile": "model.pt", "handler": "Acme.Handlers.dll:Acme.Handlers.{{handler}}", "modelVersion": "{{version}}", "configFile": "model-config.yaml"} }"""),
        ])
        {
            using Stream stream = zip.CreateEntry(entry).Open();
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return file;
    }

    /// <summary>Starts a server that lets archives bring code.</summary>
    public static void StartAllowing(this Workplace place, string[] models, params string[] settings)
    {
        place.Configure(["allow_archive_code=true", "optimize_models=false", .. settings]);
        CommandResult started = models.Length == 0 ? place.Start() : place.Start(["--models", .. models]);
        started.ExitCode.ShouldBe(0, started.ToString());
    }

    /// <summary>Waits until the server's log, or the model log, says something so often.</summary>
    public static Task UntilLoggedAsync(this Workplace place, string text, int times = 1) =>
        Workplace.UntilAsync(() => Task.FromResult((place.Log + place.ModelLog).Split(text).Length > times), $"'{text}' in the log, {times} times");
}
