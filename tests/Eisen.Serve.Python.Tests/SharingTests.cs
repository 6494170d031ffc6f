using System.Diagnostics;
using System.Globalization;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Python.Tests;

/// <summary>Workers that are forked from a process that has loaded their model.</summary>
public sealed class SharingTests : IDisposable
{
    private const long Megabyte = 1 << 20;
    private const string TwoWorkers = "minWorkers: 2\nmaxWorkers: 2\n";

    private static readonly string Heavy = PythonModels.Runner.Replace("self.context = context", "self.weights = b'w' * (256 << 20)", StringComparison.Ordinal);

    private readonly PythonModels models = new(settings => settings with { ShareModels = true });

    [Fact]
    public async Task Load_TwoWorkers_HaveTheWeightsOnce()
    {
        ModelVersion version = await models.LoadAsync(models.Archive("heavy", Heavy, TwoWorkers));
        int[] processes = Processes(version);

        foreach (int process in processes)
        {
            Kilobytes(process, "Rss").ShouldBeGreaterThan(256 * Megabyte / 1024);
            // A third of the weights each, with the template, and what is their own.
            Kilobytes(process, "Pss").ShouldBeLessThan(128 * Megabyte / 1024);
        }

        (await version.TextAsync("answer = 'works'")).ShouldBe("works");
    }

    [Fact]
    public async Task Killed_ForkedWorker_IsForkedAgainAndLeavesNoZombie()
    {
        ModelVersion version = await models.LoadAsync(models.Archive("heavy", settings: TwoWorkers));
        int[] before = Processes(version);
        before.Length.ShouldBe(2);

        Process.GetProcessById(before[0]).Kill();

        await PythonModels.UntilAsync(() => version.Workers.All(worker => worker.State == WorkerState.Ready) && !Processes(version).Contains(before[0]), "another worker");
        await PythonModels.UntilAsync(() => !Directory.Exists($"/proc/{before[0]}"), "no zombie is left");
        Processes(version).ShouldContain(before[1]);
        (await version.TextAsync("pass")).ShouldBe("ok");
    }

    [Fact]
    public async Task Handle_ForkedWorkerExits_IsAnsweredAndTheNextRequestToo()
    {
        ModelVersion version = await models.LoadAsync(models.Archive("heavy", settings: TwoWorkers));

        (await version.RunAsync("import os\nos._exit(3)")).Error.ShouldBe(PredictionError.WorkerDied);

        (await version.TextAsync("pass")).ShouldBe("ok");
    }

    [Fact]
    public async Task Killed_Template_IsMadeAgainForTheNextWorker()
    {
        ModelVersion version = await models.LoadAsync(models.Archive("heavy", settings: TwoWorkers));
        int template = LeftProcesses.Find(models.Settings.UnpackFolder).Except(Processes(version)).Single();

        Process.GetProcessById(template).Kill();
        (await version.TextAsync("pass")).ShouldBe("ok");
        (await version.RunAsync("import os\nos._exit(3)")).Error.ShouldBe(PredictionError.WorkerDied);

        await PythonModels.UntilAsync(() => version.Workers.All(worker => worker.State == WorkerState.Ready), "both workers are there again");
        (await version.TextAsync("pass")).ShouldBe("ok");
    }

    [Fact]
    public async Task Load_HandlerCannotBeForked_WorkersAreStartedOneByOne()
    {
        string threaded = PythonModels.Runner.Replace("self.context = context", "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()", StringComparison.Ordinal);
        ModelVersion version = await models.LoadAsync(models.Archive("threaded", threaded, TwoWorkers));

        (await version.TextAsync("import threading\nanswer = str(threading.active_count() > 1)")).ShouldBe("True");
        models.Log.Text.ShouldContain("The workers of model threaded share no memory (share_python_models): the handler has started threads (1).");
    }

    [Fact]
    public async Task Load_HandlerStartsProcesses_WorkersAreStartedOneByOne()
    {
        string busy = PythonModels.Runner.Replace("self.context = context", "import subprocess; self.child = subprocess.Popen(['sleep', '1000'])", StringComparison.Ordinal);
        ModelVersion version = await models.LoadAsync(models.Archive("busy", busy, TwoWorkers));

        (await version.TextAsync("import os\nanswer = str(os.waitpid(-1, os.WNOHANG) == (0, 0))")).ShouldBe("True");
        models.Log.Text.ShouldContain("The workers of model busy share no memory (share_python_models): the handler has started processes.");
    }

    [Fact]
    public async Task Load_HandlerFails_SaysTheLastLine()
    {
        LoadOutcome outcome = await models.Reconciler.LoadAsync(models.Archive("broken", "import no_such_module", TwoWorkers + "maxRetryTimeoutInSec: 0\n"), CancellationToken.None);

        outcome.Reason.ShouldBe("broken: ModuleNotFoundError: No module named 'no_such_module'");
    }

    [Fact]
    public void Start_TemplateIsDisposed_StartsNoProcess()
    {
        LoadHead order = new() { ModelName = "m", ModelVersion = "1", ModelDir = "/", Handler = "h", BatchSize = 1, LimitMaxImagePixels = true, PreferTorchserve = false, MaxResponseSize = 1 };
        PythonCommand command = new(models.Settings, models.Settings.Interpreter!, models.Settings.UnpackFolder, null, null);
        using SharedSegment shared = new();
        ModelTemplate template = new(order, command, command, PythonModels.Patience, models.Log.CreateLogger(""), TimeProvider.System);
        template.Dispose();

        Should.Throw<ObjectDisposedException>(() => template.Start(shared.Handle, shared.Handle));

        LeftProcesses.Find(models.Settings.UnpackFolder).ShouldBeEmpty();
    }

    public void Dispose() => models.Dispose();

    private static int[] Processes(ModelVersion version) => [.. version.Workers.Select(worker => worker.ProcessId).OfType<int>()];

    private static long Kilobytes(int process, string field) =>
        long.Parse(File.ReadLines($"/proc/{process}/smaps_rollup").Single(line => line.StartsWith($"{field}:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
