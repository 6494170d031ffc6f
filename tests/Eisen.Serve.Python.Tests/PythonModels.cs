using System.Text.Json;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch.LibTorch;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Python.Tests;

/// <summary>The engine with real Python workers, and a folder for archives.</summary>
internal sealed class PythonModels : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A handler that runs the request's body as Python; what that puts into <c>answer</c> is the answer.</summary>
    public const string Runner = """
        class Runner:
            def initialize(self, context):
                self.context = context

            def handle(self, data, context):
                answers = []
                for index, row in enumerate(data):
                    names = {"context": context, "index": index, "row": row, "count": len(data), "answer": "ok"}
                    exec(bytes(row["body"]).decode(), names)
                    answers.append(names["answer"])
                return answers
        """;

    private static readonly Lazy<LibTorchEngine> Engine = new(() => new LibTorchEngine());

    private readonly string folder = Directory.CreateTempSubdirectory("eisen-python-").FullName;

    public PythonModels(Func<PythonSettings, PythonSettings>? change = null)
    {
        Settings = new PythonSettings { UnpackFolder = Directory.CreateDirectory(Path.Combine(folder, "unpacked")).FullName, Interpreter = "/usr/bin/python3" };
        Settings = change?.Invoke(Settings) ?? Settings;
        PythonWorkerKind kind = new(Settings, Metrics, TimeProvider.System, Log);
        Reconciler = new ModelReconciler(Engine.Value, Registry, new ModelDefaults { Workers = 1 }, Settings.UnpackFolder, TimeProvider.System, new CollectingLogger<ModelReconciler>(), [kind]);
    }

    public PythonSettings Settings { get; }

    public ModelRegistry Registry { get; } = new();

    public ModelReconciler Reconciler { get; }

    /// <summary>The model log.</summary>
    public CollectingLog Log { get; } = new();

    public CollectingMetrics Metrics { get; } = new();

    /// <summary>A folder as an archive, which is used where it is.</summary>
    public ModelConfig Archive(string name, string handler = Runner, string settings = "", params (string Name, string Text)[] files)
    {
        string archive = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.Combine(archive, "MAR-INF"));
        File.WriteAllText(Path.Combine(archive, "handler.py"), handler);
        File.WriteAllText(Path.Combine(archive, "model-config.yaml"), settings);
        foreach ((string file, string text) in files)
            File.WriteAllText(Path.Combine(archive, file), text);
        string? requirements = files.Any(file => file.Name == "requirements.txt") ? "requirements.txt" : null;
        File.WriteAllText(Path.Combine(archive, "MAR-INF", "MANIFEST.json"), JsonSerializer.Serialize(new
        {
            runtime = "python",
            model = new { modelName = name, modelVersion = "1.0", handler = "handler.py", configFile = "model-config.yaml", requirementsFile = requirements },
        }));
        return new ModelConfig { Url = name, ArchivePath = archive };
    }

    public async Task<ModelVersion> LoadAsync(ModelConfig config)
    {
        LoadOutcome outcome = await Reconciler.LoadAsync(config, CancellationToken.None);
        outcome.Reason.ShouldBeNull();
        return Registry.Find(outcome.Name)!.Default;
    }

    /// <summary>Loads a model that runs what it is sent.</summary>
    public Task<ModelVersion> LoadRunnerAsync(string settings = "", string name = "runner") => LoadAsync(Archive(name, settings: settings));

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!condition())
        {
            Environment.TickCount64.ShouldBeLessThan(deadline, $"it never came: {what}");
            await Task.Delay(10);
        }
    }

    public void Dispose()
    {
        Reconciler.UnloadAllAsync(Patience).Wait(Patience);
        SpinWait.SpinUntil(() => LeftProcesses.Find(Settings.UnpackFolder).Count == 0, Patience).ShouldBeTrue("processes were left");
        Directory.Delete(folder, recursive: true);
    }

    public sealed class CollectingMetrics : IHandlerMetrics
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<HandlerMetric> all = new();

        public IReadOnlyCollection<HandlerMetric> All => all;

        public void Report(string modelName, HandlerMetric metric) => all.Enqueue(metric);
    }

    /// <summary>One log, whatever the category.</summary>
    public sealed class CollectingLog : ILoggerFactory
    {
        private readonly CollectingLogger<PythonModels> logger = new();

        public IReadOnlyCollection<string> Lines => logger.Messages;

        public string Text => string.Join('\n', Lines);

        public ILogger CreateLogger(string categoryName) => logger;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }
    }
}
