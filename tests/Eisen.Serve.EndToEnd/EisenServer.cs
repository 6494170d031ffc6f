using System.IO.Compression;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>One server with the Eisen model that was recorded, under the names of the ways in which an archive can ask for it.</summary>
public sealed class EisenServer : IDisposable
{
    public EisenServer()
    {
        Pack("eisen_seg", "eisen");
        Pack("original", "handlers.py", ("handlers.py", "import eisen"));
        Pack("batched", "eisen", ("model-config.yaml", "batchSize: 8\nmaxBatchDelay: 200\nminWorkers: 1\nmaxWorkers: 1\n"));
        Place.StartWith("eisen_seg.mar", "original.mar", "batched.mar");
    }

    public Workplace Place { get; } = new();

    public void Dispose()
    {
        Place.Stop();
        Place.Dispose();
    }

    private void Pack(string name, string handler, params (string Name, string Text)[] more)
    {
        using ZipArchive zip = ZipFile.Open(Path.Combine(Place.ModelStore, $"{name}.mar"), ZipArchiveMode.Create);
        foreach (string file in (string[])["model.pt", "metadata.json", "pre_process.json", "post_process.json"])
            zip.CreateEntryFromFile(References.Eisen($"served/{file}"), file);
        string config = more.Any(file => file.Name == "model-config.yaml") ? """, "configFile": "model-config.yaml" """ : "";
        foreach ((string file, string text) in (IEnumerable<(string, string)>)[.. more, ("MAR-INF/MANIFEST.json", $$"""{"runtime": "python", "model": {"modelName": "{{name}}", "serializedFile": "model.pt", "handler": "{{handler}}", "modelVersion": "1.0"{{config}}}, "archiverVersion": "0.12.0"}""")])
        {
            using StreamWriter entry = new(zip.CreateEntry(file).Open());
            entry.Write(text);
        }
    }
}
