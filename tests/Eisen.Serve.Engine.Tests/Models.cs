using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch;
using Eisen.Serve.Torch.LibTorch;

namespace Eisen.Serve.Engine.Tests;

/// <summary>A reconciler on real libtorch, with a folder for archives and one that they are unpacked into.</summary>
internal sealed class Models : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Lazy<LibTorchEngine> Engine = new(() => new LibTorchEngine());

    private readonly string folder = Directory.CreateTempSubdirectory("eisen-engine-").FullName;

    public Models(TimeProvider? time = null, ModelDefaults? defaults = null, params IWorkerKind[] kinds)
        : this(SharedEngine, time, defaults, kinds)
    {
    }

    public Models(ITorchEngine engine, TimeProvider? time = null, ModelDefaults? defaults = null, params IWorkerKind[] kinds)
    {
        Reconciler = new ModelReconciler(engine, Registry, defaults ?? new ModelDefaults(), UnpackFolder, time ?? TimeProvider.System, Logger, kinds);
    }

    /// <summary>The real one.</summary>
    public static ITorchEngine SharedEngine => Engine.Value;

    public ModelRegistry Registry { get; } = new();

    public CollectingLogger<ModelReconciler> Logger { get; } = new();

    public ModelReconciler Reconciler { get; }

    public string UnpackFolder => Path.Combine(folder, "unpacked");

    /// <summary>What is unpacked at the moment.</summary>
    public IReadOnlyList<string> Unpacked => Directory.Exists(UnpackFolder) ? Directory.GetFileSystemEntries(UnpackFolder) : [];

    public static HandlerRequest Request(string body) => new([new RequestPart("body", "application/json", Encoding.UTF8.GetBytes(body))]);

    /// <summary>Packs a fixture module as an archive.</summary>
    public ModelConfig Pack(string module, string settings = "", string? name = null, string version = "1.0", int? workers = null, string handler = "base_handler") =>
        Pack(File.ReadAllBytes(Fixtures.PathOf($"modules/{module}.pt")), name ?? module, settings, version, workers, handler);

    /// <summary>Packs a module, and more files beside it.</summary>
    public ModelConfig Pack(byte[] module, string name, string settings = "", string version = "1.0", int? workers = null, string handler = "base_handler", params (string Name, byte[] Content)[] more)
    {
        string file = $"{name}-{version}.mar";
        string path = Path.Combine(folder, file);
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create);
        Write(zip, "model.pt", module);
        Write(zip, "model-config.yaml", Encoding.UTF8.GetBytes(settings));
        foreach ((string entry, byte[] content) in more)
            Write(zip, entry, content);
        Write(zip, "MAR-INF/MANIFEST.json", JsonSerializer.SerializeToUtf8Bytes(new
        {
            runtime = "python",
            model = new { modelName = name, modelVersion = version, serializedFile = "model.pt", handler, configFile = "model-config.yaml" },
        }));
        return new ModelConfig { Url = file, ArchivePath = path, Workers = workers, LoadedAtStartup = true };
    }

    public async Task<ModelVersion> LoadAsync(ModelConfig config)
    {
        LoadOutcome outcome = await Reconciler.LoadAsync(config, CancellationToken.None);
        outcome.Reason.ShouldBeNull();
        Registry.Find(outcome.Name, outcome.Version, out ModelVersion? version).ShouldBe(PredictionError.None);
        return version!;
    }

    public void Dispose()
    {
        Reconciler.UnloadAllAsync(Patience).Wait(Patience);
        Directory.Delete(folder, recursive: true);
    }

    private static void Write(ZipArchive zip, string name, byte[] content)
    {
        using Stream entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        entry.Write(content);
    }
}
