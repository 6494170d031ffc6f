using System.Diagnostics;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Python.Tests;

/// <summary>Everything that a handler can do to its process, provoked.</summary>
public sealed class FaultTests : IDisposable
{
    private readonly PythonModels models = new();

    [Theory]
    [InlineData("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'")]
    [InlineData("def handle(", "SyntaxError: '(' was never closed")]
    [InlineData("raise SystemExit(3)", "SystemExit: 3")]
    [InlineData("class H:\n    def initialize(self, context):\n        raise RuntimeError('never ready')\n    def handle(self, data, context):\n        return data", "RuntimeError: never ready")]
    public async Task Load_HandlerFails_SaysTheLastLineAndLogsTheTraceback(string handler, string reason)
    {
        LoadOutcome outcome = await models.Reconciler.LoadAsync(models.Archive("broken", handler, "maxRetryTimeoutInSec: 0\n"), CancellationToken.None);

        outcome.Reason.ShouldBe($"broken: {reason}");
        models.Log.Text.ShouldContain("Traceback (most recent call last)");
        models.Log.Text.ShouldContain("handler.py");
        (await models.Registry.Find("broken")!.Default.RunAsync("")).Error.ShouldBe(PredictionError.NoWorker);
    }

    [Theory]
    [InlineData("import os\nos._exit(3)", "it exited with code 3")]
    [InlineData("import os\nos.kill(os.getpid(), 9)", "it was killed (SIGKILL)")]
    [InlineData("import os, sys\nprint('last words', file=sys.stderr, flush=True)\nos._exit(4)", "it exited with code 4; the last line of its error output: last words")]
    [InlineData("import ctypes\nctypes.string_at(0)", "it was killed by signal 11")]
    public async Task Load_ProcessEndsWhileImported_SaysHow(string handler, string reason)
    {
        LoadOutcome outcome = await models.Reconciler.LoadAsync(models.Archive("ends", handler, "maxRetryTimeoutInSec: 0\n"), CancellationToken.None);

        outcome.Reason.ShouldNotBeNull().ShouldStartWith($"ends: {reason}");
    }

    [Fact]
    public async Task Load_InitializeHangs_IsEndedAfterStartupTimeoutAndLogsWhereItIs()
    {
        const string Hangs = "class H:\n    def initialize(self, context):\n        import threading\n        threading.Event().wait()\n    def handle(self, data, context):\n        return data";

        LoadOutcome outcome = await models.Reconciler.LoadAsync(models.Archive("hangs", Hangs, "startupTimeout: 2\nmaxRetryTimeoutInSec: 0\n"), CancellationToken.None);

        outcome.Reason.ShouldNotBeNull().ShouldContain("within startupTimeout, 2 s");
        await PythonModels.UntilAsync(() => models.Log.Text.Contains("in initialize", StringComparison.Ordinal), "the stack of the thread that hangs");
    }

    [Theory]
    [InlineData("import os\nos._exit(3)")]
    [InlineData("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")]
    [InlineData("import os\nos.write(3, b'garbage' * 1000)")]
    [InlineData("import os\nos.write(3, bytes([255, 255, 255, 255, 1, 0, 0, 0, 0]))")]
    [InlineData("import os\nos.close(3)")]
    [InlineData("import socket\nsocket.socket(fileno=3).shutdown(socket.SHUT_RDWR)")]
    [InlineData("import os, time\nos.fork() or time.sleep(1000)\nos._exit(0)")]
    public async Task Handle_ProcessBreaks_IsAnsweredAndTheNextRequestToo(string code)
    {
        ModelVersion version = await models.LoadRunnerAsync();
        int process = version.Workers.Single().ProcessId!.Value;

        (await version.RunAsync(code)).Error.ShouldBe(PredictionError.WorkerDied);

        (await version.TextAsync("answer = 'back again'")).ShouldBe("back again");
        version.Workers.Single().ProcessId.ShouldNotBe(process);
        await PythonModels.UntilAsync(() => !Directory.Exists($"/proc/{process}"), "the process is gone, and no zombie of it is left");
    }

    [Fact]
    public async Task Handle_Hangs_IsEndedAfterResponseTimeoutAndLogsWhereItIs()
    {
        ModelVersion version = await models.LoadRunnerAsync("responseTimeout: 1\n");

        HandlerAnswer answer = await version.RunAsync("def stuck():\n    import time\n    time.sleep(1000)\nstuck()");

        answer.Error.ShouldBe(PredictionError.WorkerDied);
        answer.Message.ShouldContain("responseTimeout, 1 s");
        models.Log.Text.ShouldContain("in stuck");
        (await version.TextAsync("answer = 'back again'")).ShouldBe("back again");
    }

    [Fact]
    public async Task Handle_HangsAndIgnoresEverything_IsEnded()
    {
        ModelVersion version = await models.LoadRunnerAsync("responseTimeout: 1\n");

        HandlerAnswer answer = await version.RunAsync("import signal\nfor each in (signal.SIGTERM, signal.SIGUSR2, signal.SIGINT):\n    signal.signal(each, signal.SIG_IGN)\nwhile True: pass");

        answer.Error.ShouldBe(PredictionError.WorkerDied);
        (await version.TextAsync("answer = 'back again'")).ShouldBe("back again");
    }

    [Fact]
    public async Task Handle_Raises_LogsTheTracebackAndKeepsTheProcess()
    {
        ModelVersion version = await models.LoadRunnerAsync();
        int process = version.Workers.Single().ProcessId!.Value;

        (await version.RunAsync("raise ValueError('on purpose')")).Error.ShouldBe(PredictionError.ModelFailed);

        await PythonModels.UntilAsync(() => models.Log.Text.Contains("ValueError: on purpose", StringComparison.Ordinal), "the traceback in the log");
        (await version.TextAsync("pass")).ShouldBe("ok");
        version.Workers.Single().ProcessId.ShouldBe(process);
    }

    [Fact]
    public async Task Killed_WhileIdle_IsStartedAgainWithoutARequest()
    {
        ModelVersion version = await models.LoadRunnerAsync();
        int process = version.Workers.Single().ProcessId!.Value;

        Process.GetProcessById(process).Kill();

        await PythonModels.UntilAsync(() => version.Workers.Single() is { State: WorkerState.Ready, ProcessId: { } again } && again != process, "another process");
    }

    [Fact]
    public async Task Handle_ClosesItsOutput_GoesOn()
    {
        ModelVersion version = await models.LoadRunnerAsync();

        (await version.TextAsync("import os\nos.close(1)\nos.close(2)")).ShouldBe("ok");

        (await version.TextAsync("answer = 'still there'")).ShouldBe("still there");
    }

    [Theory]
    [InlineData("import os\nfor _ in range(256): os.write(1, b'x' * (1 << 20))")]
    [InlineData("import os\nfor _ in range(64): os.write(2, b'a line\\n' * (1 << 17))")]
    public async Task Handle_PrintsWithoutEnd_CostsNoMemoryAndIsAnswered(string code)
    {
        ModelVersion version = await models.LoadRunnerAsync();
        long before = GC.GetTotalMemory(forceFullCollection: true);

        (await version.TextAsync(code)).ShouldBe("ok");

        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(32 << 20);
        models.Log.Lines.Sum(line => (long)line.Length).ShouldBeLessThan(64 << 20);
    }

    [Fact]
    public async Task Handle_LeavesAProcessBehind_ItEndsWithTheWorker()
    {
        ModelVersion version = await models.LoadRunnerAsync();
        int child = int.Parse(await version.TextAsync("import subprocess\nanswer = str(subprocess.Popen(['sleep', '1000']).pid)"), System.Globalization.CultureInfo.InvariantCulture);
        Directory.Exists($"/proc/{child}").ShouldBeTrue();

        (await version.RunAsync("import os\nos._exit(0)")).Error.ShouldBe(PredictionError.WorkerDied);

        await PythonModels.UntilAsync(() => !Directory.Exists($"/proc/{child}") || File.ReadAllText($"/proc/{child}/stat").Contains(") Z ", StringComparison.Ordinal), "the child has ended");
    }

    [Fact]
    public async Task Unload_WorkerHangs_IsEnded()
    {
        ModelVersion version = await models.LoadRunnerAsync();
        int process = version.Workers.Single().ProcessId!.Value;
        Task<HandlerAnswer> hanging = version.RunAsync("open('/proc/self/comm', 'w').write('hanging')\nimport time\ntime.sleep(1000)");
        await PythonModels.UntilAsync(() => File.ReadAllText($"/proc/{process}/comm").Trim() == "hanging", "the handler has begun");

        await models.Reconciler.UnloadAsync(version, TimeSpan.FromMilliseconds(100));

        (await hanging).Error.ShouldBe(PredictionError.WorkerDied);
        await PythonModels.UntilAsync(() => !Directory.Exists($"/proc/{process}"), "the process has ended");
    }

    [Fact]
    public async Task Handle_ServerHasNoRoomForTheAnswer_TheNextRequestGetsItsOwn()
    {
        using PythonModels large = new(settings => settings with { MaxResponseSize = 1L << 50 });
        ModelVersion version = await large.LoadRunnerAsync();

        HandlerAnswer answer = await version.RunAsync("""
            import os, struct
            grow = b'{"shared":%d}' % (1 << 49)
            os.write(3, struct.pack('<IBI', 5 + len(grow), 67, len(grow)) + grow)
            answer = 'late'
            """);

        answer.Error.ShouldBe(PredictionError.ModelFailed);
        (await version.TextAsync("answer = 'its own'")).ShouldBe("its own");
    }

    [Fact]
    public async Task Faults_OfOneModel_DisturbNoOther()
    {
        ModelVersion other = await models.LoadRunnerAsync(name: "other");
        ModelVersion version = await models.LoadRunnerAsync("responseTimeout: 1\n");
        using CancellationTokenSource done = new();
        Task<int>[] clients = [.. Enumerable.Range(0, 32).Select(async client =>
        {
            int answers = 0;
            while (!done.IsCancellationRequested)
            {
                (await other.TextAsync($"answer = '{client}'")).ShouldBe($"{client}");
                answers++;
            }

            return answers;
        })];

        foreach (string fault in (string[])["import os\nos._exit(3)", "while True: pass", "import os\nos.write(3, b'garbage' * 100)", "raise MemoryError()", "import os\nos.fork() or os._exit(0)\nos._exit(0)"])
            (await version.RunAsync(fault)).Error.ShouldNotBe(PredictionError.None);

        done.Cancel();
        (await Task.WhenAll(clients)).ShouldAllBe(answers => answers > 0);
    }

    public void Dispose() => models.Dispose();
}
