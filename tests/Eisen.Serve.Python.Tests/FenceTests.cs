using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Python.Tests;

/// <summary>What a worker has of the server, and what it may use.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class FenceTests
{
    /// <summary>Starts a process that has neither a parent nor a session in common with the worker, as daemons do.</summary>
    private const string Daemon = """
        import os
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.write(writer, b"%d" % os.getpid())
                os.execvp("sleep", ["sleep", "1000"])
            os._exit(0)
        os.wait()
        answer = os.read(reader, 20).decode()
        """;

    [Fact]
    public async Task Descriptors_OfAWorker_AreTheFiveThatItNeeds()
    {
        using PythonModels models = new();
        using FileStream ours = File.OpenRead("/proc/self/status");
        ModelVersion version = await models.LoadRunnerAsync();

        string[] names = JsonSerializer.Deserialize<string[]>(await version.TextAsync("""
            import os
            answer = []
            for number in sorted(map(int, os.listdir("/proc/self/fd"))):
                try: answer.append("%d %s" % (number, os.readlink("/proc/self/fd/%d" % number).split(":")[0]))
                except OSError: pass
            """))!;

        names[..5].ShouldBe(["0 /dev/null", "1 pipe", "2 pipe", "3 socket", "4 /memfd"]);
        // Its own log, a copy of 1.
        names[5..].ShouldBe(["5 pipe"]);
    }

    [Fact]
    public async Task Session_OfAWorker_IsItsOwn()
    {
        using PythonModels models = new();
        ModelVersion version = await models.LoadRunnerAsync();

        (await version.TextAsync("import os\nanswer = '%d' % (os.getsid(0) == os.getpgid(0) == os.getpid())")).ShouldBe("1");
    }

    [Fact]
    public async Task Environment_OfAWorker_LacksWhatIsBlacklisted()
    {
        Environment.SetEnvironmentVariable("EISEN_TEST_PASSWORD", "secret");
        Environment.SetEnvironmentVariable("EISEN_TEST_OTHER", "open");
        using PythonModels models = new(settings => settings with { BlacklistedVariables = new Regex(".*PASSWORD.*", RegexOptions.NonBacktracking) });
        ModelVersion version = await models.LoadRunnerAsync();

        (await version.TextAsync("import os\nanswer = str(os.environ.get('EISEN_TEST_PASSWORD')) + ' ' + os.environ['EISEN_TEST_OTHER']")).ShouldBe("None open");
    }

    [Fact]
    public async Task Environment_OfAWorker_LacksTheServersOwnSecrets()
    {
        Environment.SetEnvironmentVariable("EISEN_TEST_KEY", "secret");
        using PythonModels models = new(settings => settings with { WithheldVariables = ["EISEN_TEST_KEY"] });
        ModelVersion version = await models.LoadRunnerAsync();

        (await version.TextAsync("import os\nanswer = str(os.environ.get('EISEN_TEST_KEY'))")).ShouldBe("None");
    }

    [Fact]
    public async Task MemoryLimit_IsExceeded_TheRequestFailsForMemory()
    {
        using PythonModels models = new(settings => settings with { MemoryLimit = 1L << 30 });
        ModelVersion version = await models.LoadRunnerAsync();

        (await version.RunAsync("answer = b'x' * (2 << 30)")).Error.ShouldBe(PredictionError.OutOfMemory);

        (await version.TextAsync("pass")).ShouldBe("ok");
    }

    [Fact]
    public async Task CpuLimit_IsExceeded_TheWorkerIsStartedAgain()
    {
        using PythonModels models = new(settings => settings with { CpuLimit = 1 });
        ModelVersion version = await models.LoadRunnerAsync();

        (await version.RunAsync("while True: pass")).Error.ShouldBe(PredictionError.WorkerDied);

        (await version.TextAsync("pass")).ShouldBe("ok");
    }

    [Fact]
    public async Task AllowArchiveCode_IsOff_PythonIsRefused()
    {
        using PythonModels models = new(settings => settings with { AllowArchiveCode = false });

        LoadOutcome outcome = await models.Reconciler.LoadAsync(models.Archive("coded"), CancellationToken.None);

        outcome.Reason.ShouldBe("coded: its handler 'handler.py' runs in Python, where an archive can bring code; allow_archive_code=false refuses that");
    }

    [RootFact]
    public async Task User_IsSet_WorkersRunAsItWithoutPrivileges()
    {
        using PythonModels models = new(settings => settings with { User = new PythonUser(65534, 65534) });
        ModelConfig folder = models.Archive("other");
        // An archive that is a folder is left as it is; this one has to be readable for all.
        File.SetUnixFileMode(Path.GetDirectoryName(folder.ArchivePath)!, (UnixFileMode)0b111_101_101);
        ModelVersion version = await models.LoadAsync(folder);

        (await version.TextAsync("import os\nanswer = str([os.getresuid(), os.getresgid(), os.getgroups()])")).ShouldBe("[(65534, 65534, 65534), (65534, 65534, 65534), []]");
        (await version.TextAsync("answer = [line for line in open('/proc/self/status') if line.startswith(('CapEff', 'NoNewPrivs'))]"))
            .ShouldSatisfyAllConditions(text => text.ShouldContain("0000000000000000"), text => text.ShouldContain("NoNewPrivs:\\t1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("minWorkers: 2\nmaxWorkers: 2\n")]
    public async Task End_OfAWorkerWithProcessesInOtherSessions_EndsThemAndLeavesNoZombie(string workers)
    {
        using PythonModels models = new();
        ModelVersion version = await models.LoadRunnerAsync(workers);
        ModelVersion other = await models.LoadRunnerAsync(name: "other");
        int kept = int.Parse(await other.TextAsync(Daemon), CultureInfo.InvariantCulture);
        int[] before = [.. version.Workers.Select(worker => worker.ProcessId).OfType<int>()];

        int[] started = JsonSerializer.Deserialize<int[]>(await version.TextAsync($"""
            import os, subprocess
            {Daemon}
            sleeping = subprocess.Popen(["sleep", "1000"], start_new_session=True).pid
            # Kept, as Python would reap what it lets go of.
            subprocess.ended = subprocess.Popen(["true"], start_new_session=True)
            answer = [os.getpid(), int(answer), sleeping, subprocess.ended.pid]
            """))!;
        before.ShouldContain(started[0]);
        started.ShouldAllBe(process => Directory.Exists($"/proc/{process}"));
        Process.GetProcessById(started[0]).Kill();

        await PythonModels.UntilAsync(() => !started.Any(process => Directory.Exists($"/proc/{process}")), "neither processes nor zombies are left");
        await PythonModels.UntilAsync(() => version.Workers.All(worker => worker.State == WorkerState.Ready), "the worker is started again");
        Directory.Exists($"/proc/{kept}").ShouldBeTrue("another worker's daemon is its own affair");
    }

    [Fact]
    public async Task End_OfProcessesThatAServerLeft_FindsThemByTheirMark()
    {
        using PythonModels models = new();
        ModelVersion version = await models.LoadRunnerAsync();
        int detached = int.Parse(await version.TextAsync("import subprocess\nanswer = str(subprocess.Popen(['sleep', '1000'], start_new_session=True).pid)"), CultureInfo.InvariantCulture);

        LeftProcesses.End(models.Settings.UnpackFolder + "-other").ShouldBe(0);
        LeftProcesses.Find(models.Settings.UnpackFolder).Count.ShouldBe(2, "the worker, and what it detached from itself");
        // With its worker the detached one ends, too, so that it may be gone before its turn comes.
        LeftProcesses.End(models.Settings.UnpackFolder).ShouldBeInRange(1, 2);

        await PythonModels.UntilAsync(() => !Directory.Exists($"/proc/{detached}") || File.ReadAllText($"/proc/{detached}/stat").Contains(") Z ", StringComparison.Ordinal), "the detached process has ended");
        await PythonModels.UntilAsync(() => version.Workers.Single().State == WorkerState.Ready, "the worker is started again");
    }
}
