using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

public sealed class StartAndStopTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Start_GoodModel_ReportsServesAndStops()
    {
        place.AddToStore(Archives.Digits);

        CommandResult start = place.Start("--models", "digits.mar");

        start.ExitCode.ShouldBe(0, start.ToString());
        start.Output.ShouldContain($"http://127.0.0.1:{place.InferencePort}");
        start.Output.ShouldContain($"http://127.0.0.1:{place.ManagementPort}");
        start.Output.ShouldContain("digits 1.0: READY");
        start.Output.ShouldContain(Path.Combine(place.LogFolder, "ts_log.log"));
        (await place.Inference.GetStringAsync("ping")).ShouldBe("{\n  \"status\": \"Healthy\"\n}\n");

        CommandResult second = place.Start("--models", "digits.mar");
        second.ExitCode.ShouldNotBe(0);
        second.Errors.ShouldContain("running already");

        int server = place.RecordedProcess!.Value;
        CommandResult stop = place.Stop();
        stop.ExitCode.ShouldBe(0, stop.ToString());
        stop.Output.ShouldContain("has stopped");
        Workplace.IsRunning(server).ShouldBeFalse();
        Workplace.IsListening(place.InferencePort).ShouldBeFalse();
        place.UnpackedArchives.ShouldBeEmpty();

        CommandResult again = place.Stop();
        again.ExitCode.ShouldNotBe(0);
        again.Errors.ShouldContain("not running");
    }

    [Fact]
    public void Start_NoModels_Serves()
    {
        CommandResult start = place.Start();

        start.ExitCode.ShouldBe(0, start.ToString());
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("-TERM")]
    [InlineData("-INT")]
    public async Task Foreground_Signal_EndsCleanly(string signal)
    {
        place.AddToStore(Archives.Digits);
        // A test runner may ignore Ctrl-C, and what it starts would inherit that.
        using Process server = place.Launch("env", place.Folder, "--default-signal=INT", Workplace.Program, "--start", "--foreground", "--ts-config", place.ConfigFile, "--model-store", "store", "--models", "digits.mar");
        string? line;
        do
        {
            line = await server.StandardOutput.ReadLineAsync();
        }
        while (line is not null && !line.Contains("READY", StringComparison.Ordinal));
        line.ShouldNotBeNull("the server ended before it was ready");
        (await place.Inference.GetAsync("ping")).StatusCode.ShouldBe(HttpStatusCode.OK);

        place.RunCommand("bash", place.Folder, "-c", $"kill {signal} {server.Id}").ExitCode.ShouldBe(0);

        server.WaitForExit(30_000).ShouldBeTrue();
        server.ExitCode.ShouldBe(0);
        place.UnpackedArchives.ShouldBeEmpty();
    }

    [Fact]
    public void Start_PortInUse_SaysWhichAndLeavesNothing()
    {
        place.AddToStore(Archives.Digits);
        using TcpListener other = new(IPAddress.Loopback, place.InferencePort);
        other.Start();

        CommandResult start = place.Start("--models", "digits.mar");

        start.ExitCode.ShouldNotBe(0);
        start.Errors.ShouldContain($"inference_address is http://127.0.0.1:{place.InferencePort}, where another program listens already; choose another");
        start.Errors.ShouldNotContain("management_address");
        Workplace.IsRunning(place.RecordedProcess!.Value).ShouldBeFalse();
        place.UnpackedArchives.ShouldBeEmpty();
    }

    [Fact]
    public void Start_AddressOfAnotherMachine_SaysSo()
    {
        File.WriteAllText(place.ConfigFile, "inference_address=http://192.0.2.1:8080\n");

        CommandResult start = place.Start();

        start.ExitCode.ShouldNotBe(0);
        start.Errors.ShouldContain("inference_address is http://192.0.2.1:8080, which is no address of this machine");
        start.Errors.ShouldNotContain("   at ");
    }

    [Fact]
    public void Start_MisspelledKeys_AreToldWithTheNearest()
    {
        place.AddToStore(Archives.Digits);
        File.AppendAllText(place.ConfigFile, "job_queue_sizes=5\nmodels={\"digits\": {\"1.0\": {\"minWorker\": 2}}}\n");

        CommandResult start = place.Start("--models", "digits.mar");

        start.ExitCode.ShouldBe(0, start.Errors);
        start.Output.ShouldContain("'job_queue_sizes' is not known and is ignored; did you mean 'job_queue_size'?");
        start.Output.ShouldContain("'minWorker' of 'digits 1.0' is not known and is ignored; did you mean 'minWorkers'?");
    }

    [Fact]
    public void Start_AppSettingsInTheWorkingFolder_AreNotRead()
    {
        File.WriteAllText(Path.Combine(place.Folder, "appsettings.json"), "this is not JSON, and the server does not care");

        CommandResult start = place.RunCommand(Workplace.Program, place.Folder, "--start", "--ts-config", place.ConfigFile);

        start.ExitCode.ShouldBe(0, start.ToString());
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public void Start_MissingModelStore_NamesTheNearest()
    {
        CommandResult start = place.Run("--start", "--ts-config", place.ConfigFile, "--model-store", Path.Combine(place.Folder, "stor"), "--models", "digits.mar");

        start.ExitCode.ShouldNotBe(0);
        start.Errors.Trim().Split('\n').ShouldHaveSingleItem().ShouldEndWith("did you mean 'store'?");
    }

    [Fact]
    public void Start_MissingConfigFile_NamesTheNearest()
    {
        CommandResult start = place.Run("--start", "--ts-config", Path.Combine(place.Folder, "config.propertys"));

        start.ExitCode.ShouldNotBe(0);
        start.Errors.Trim().Split('\n').ShouldHaveSingleItem().ShouldEndWith("did you mean 'config.properties'?");
    }

    [Fact]
    public void Start_ModelNamedTwice_StartsNothing()
    {
        place.AddToStore(Archives.Digits);

        CommandResult start = place.Start("--models", "digits.mar", "digits.mar");

        start.ExitCode.ShouldNotBe(0);
        start.Errors.ShouldBe("eisen-serve: --models: 'digits.mar' is named twice\n");
        place.RecordedProcess.ShouldBeNull();
    }

    [Fact]
    public void Run_UnknownOption_NamesTheNearest()
    {
        CommandResult start = place.Run("--start", "--models", "digits.mar", "--foregrund");

        start.ExitCode.ShouldNotBe(0);
        start.Errors.ShouldBe("eisen-serve: unknown option '--foregrund'; did you mean '--foreground'?\n");
    }

    [Fact]
    public void Start_AfterKill_FindsNothingInTheWay()
    {
        place.AddToStore(Archives.Digits);
        place.StartWith("digits.mar");
        Process server = Process.GetProcessById(place.RecordedProcess!.Value);
        server.Kill();
        server.WaitForExit();
        place.UnpackedArchives.ShouldNotBeEmpty("it was killed before it could tidy up");

        place.Stop().Errors.ShouldContain("not running");
        place.StartWith("digits.mar");

        place.UnpackedArchives.Length.ShouldBe(1, "what the killed one left is gone");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public void Stop_StaleRecord_LeavesTheStrangerAlone()
    {
        place.Start().ExitCode.ShouldBe(0);
        string record = Path.Combine(place.RunFolder, "server.json");
        using Process stranger = Process.Start("sleep", "60");
        string forged = File.ReadAllText(record).Replace($"\"Id\":{place.RecordedProcess}", $"\"Id\":{stranger.Id}", StringComparison.Ordinal);
        int server = place.RecordedProcess!.Value;

        File.WriteAllText(record, forged);
        place.Stop().ExitCode.ShouldNotBe(0, "the record's start time is not the stranger's");
        Process.GetProcessById(server).Kill();
        Process.GetProcessById(server).WaitForExit();
        place.Stop().Errors.ShouldContain("not running");

        stranger.HasExited.ShouldBeFalse();
        stranger.Kill();
    }

    [Fact]
    public async Task Stop_RequestUnderWay_WaitsForItAndSaysSo()
    {
        Archives.Pack(Path.Combine(place.ModelStore, "sleeps.mar"), "sleeps", "modules/sleeps.pt");
        place.StartWith("sleeps.mar");
        Task<HttpResponseMessage> slow = place.Inference.PostAsync("predictions/sleeps", new StringContent("[3000]"));
        // The one worker is busy with one of them while the other has to wait.
        Task<HttpResponseMessage> second = place.Inference.PostAsync("predictions/sleeps", new StringContent("[3000]"));
        int seen = 0;
        await Workplace.UntilAsync(async () => (seen = await WaitingAsync("sleeps") == 1 ? seen + 1 : 0) == 5, "a request waits, and stays waiting");

        CommandResult stop = place.Stop();

        stop.ExitCode.ShouldBe(0, stop.ToString());
        stop.Output.ShouldContain("Waiting for 2 request(s) under way.");
        stop.Output.ShouldContain("2 request(s) under way were answered");
        (await slow).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await second).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("")]
    [InlineData("src/Eisen.Serve")]
    public void DotnetRun_FromRootOrProject_FindsTheSameStore(string folder)
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        string from = Path.Combine(Fixtures.RepositoryRoot, folder);
        string[] project = folder.Length == 0 ? ["--project", "src/Eisen.Serve"] : [];

        CommandResult start = place.RunCommand("dotnet", from, ["run", .. project, "--no-build", "-c", configuration, "--", "--start", "--ts-config", place.ConfigFile, "--model-store", "model_zoo", "--models", "digits.mar"]);

        start.ExitCode.ShouldBe(0, start.ToString());
        start.Output.ShouldContain("digits 1.0: READY");
        place.Stop().ExitCode.ShouldBe(0);
    }

    private async Task<int> WaitingAsync(string model)
    {
        using JsonDocument answer = JsonDocument.Parse(await place.Management.GetStringAsync($"models/{model}"));
        return answer.RootElement[0].GetProperty("jobQueueStatus").GetProperty("pendingRequests").GetInt32();
    }
}
