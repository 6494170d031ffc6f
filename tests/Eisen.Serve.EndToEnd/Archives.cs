using System.IO.Compression;
using System.Text;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>Makes archives, good and bad.</summary>
public static class Archives
{
    public static string Digits { get; } = Path.Combine(Fixtures.RepositoryRoot, "model_zoo", "digits.mar");

    /// <summary>Packs a fixture module as torch-model-archiver does.</summary>
    /// <param name="path">The archive to write.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="module">A fixture, for example <c>modules/double.pt</c>.</param>
    /// <param name="handler">The handler that the manifest names; null for none.</param>
    /// <param name="config">The text of a model-config.yaml, or null for none.</param>
    /// <param name="version">The model's version.</param>
    public static void Pack(string path, string name, string module, string? handler = "base_handler", string? config = null, string version = "1.0")
    {
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create);
        zip.CreateEntryFromFile(Fixtures.PathOf(module), "model.pt", CompressionLevel.NoCompression);
        if (config is not null)
            Add(zip, "model-config.yaml", config);
        string configFile = config is null ? "" : """, "configFile": "model-config.yaml" """;
        string handlerField = handler is null ? "" : $"\"handler\": \"{handler}\", ";
        Add(zip, "MAR-INF/MANIFEST.json", $$"""{"runtime": "python", "model": {"modelName": "{{name}}", "serializedFile": "model.pt", {{handlerField}}"modelVersion": "{{version}}"{{configFile}}}, "archiverVersion": "0.12.0"}""");
    }

    /// <summary>Writes a zip with a manifest that needs nothing else, and more entries.</summary>
    public static void PackText(string path, string manifest, params (string Name, string Text)[] entries)
    {
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create);
        Add(zip, "MAR-INF/MANIFEST.json", manifest);
        foreach ((string name, string text) in entries)
            Add(zip, name, text);
    }

    /// <summary>Writes a zip that unpacks to a gigabyte of zeros.</summary>
    public static void PackBomb(string path)
    {
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create);
        Add(zip, "MAR-INF/MANIFEST.json", """{"model": {"modelName": "bomb", "serializedFile": "model.pt", "handler": "base_handler", "modelVersion": "1.0"}}""");
        byte[] zeros = new byte[1 << 20];
        using Stream entry = zip.CreateEntry("model.pt", CompressionLevel.Optimal).Open();
        for (int i = 0; i < 1024; i++)
            entry.Write(zeros);
    }

    private static void Add(ZipArchive zip, string name, string text)
    {
        using Stream entry = zip.CreateEntry(name).Open();
        entry.Write(Encoding.UTF8.GetBytes(text));
    }
}
