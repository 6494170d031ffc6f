using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>What a server had when it was killed, it has when it is started again.</summary>
public sealed class SnapshotTests : IDisposable
{
    private readonly Workplace place = new();

    private string SnapshotFolder => Path.Combine(place.LogFolder, "config");

    private string[] Snapshots => [.. Directory.GetFiles(SnapshotFolder).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task Kill_AfterChanges_TheNextStartHasThem()
    {
        place.Pack("double");
        Archives.Pack(Path.Combine(place.ModelStore, "double2.mar"), "double", "modules/double.pt", version: "2.0");
        place.StartWith("double.mar");
        await ShouldBeOk(HttpMethod.Post, "models?url=double2.mar&initial_workers=1&batch_size=3&response_timeout=77");
        await ShouldBeOk(HttpMethod.Put, "models/double/2.0/set-default");
        await ShouldBeOk(HttpMethod.Put, "models/double/1.0?min_worker=2&max_worker=3&synchronous=true");
        await ShouldBeOk(HttpMethod.Post, "models?url=double.mar&model_name=raw&handler=tensor&initial_workers=1");
        await ShouldBeOk(HttpMethod.Post, "models?url=double.mar&model_name=gone&initial_workers=1");
        await ShouldBeOk(HttpMethod.Delete, "models/gone");
        await KillAsync();

        StartAgain().ExitCode.ShouldBe(0);

        JsonElement second = await place.DescribeAsync("double");
        second.GetProperty("modelVersion").GetString().ShouldBe("2.0");
        (second.GetProperty("batchSize").GetInt32(), second.GetProperty("responseTimeout").GetInt32(), second.GetProperty("minWorkers").GetInt32()).ShouldBe((3, 77, 1));
        JsonElement first = await place.DescribeAsync("double/1.0");
        (first.GetProperty("minWorkers").GetInt32(), first.GetProperty("maxWorkers").GetInt32()).ShouldBe((2, 3));
        (await place.DescribeAsync("raw")).GetProperty("handler").GetProperty("name").GetString().ShouldBe("tensor");
        (await place.ManageAsync(HttpMethod.Get, "models/gone")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await place.AskAsync("double", "[3]")).Text.ShouldBe("[\n  6.0\n]");
    }

    [Fact]
    public void Stop_Snapshots_AreInTorchServesForm()
    {
        place.StartWith(place.Pack("double"));
        place.Stop().ExitCode.ShouldBe(0);

        Snapshots.Length.ShouldBe(2);
        Snapshots[0].ShouldEndWith("-startup.cfg");
        Snapshots[1].ShouldEndWith("-shutdown.cfg");
        File.GetUnixFileMode(Snapshots[0]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string[] lines = File.ReadAllLines(Snapshots[0]);
        lines[0].ShouldBe("#Saving snapshot");
        lines.ShouldContain($"inference_address=http\\://127.0.0.1\\:{place.InferencePort}");
        lines.ShouldContain($"model_store={place.ModelStore}");
        lines.ShouldContain("load_models=double.mar");
        lines.ShouldContain("version=0.12.0");
        lines.ShouldContain($"tsConfigFile={place.ConfigFile}");
        lines.Single(line => line.StartsWith("model_snapshot=", StringComparison.Ordinal)).ShouldEndWith(
            "\\n  \"modelCount\"\\: 1,\\n  \"created\"\\: " + lines[^1].Split("\"created\"\\: ")[1].Split(',')[0]
            + ",\\n  \"models\"\\: {\\n    \"double\"\\: {\\n      \"1.0\"\\: {\\n        \"defaultVersion\"\\: true,\\n        \"marName\"\\: \"double.mar\",\\n        \"minWorkers\"\\: 1,\\n        \"maxWorkers\"\\: 1,\\n"
            + "        \"batchSize\"\\: 1,\\n        \"maxBatchDelay\"\\: 100,\\n        \"responseTimeout\"\\: 120,\\n        \"startupTimeout\"\\: 120,\\n        \"runtimeType\"\\: \"python\"\\n      }\\n    }\\n  }\\n}");
    }

    [Fact]
    public async Task Start_SnapshotNamedAsConfiguration_RestoresIt()
    {
        place.StartWith(place.Pack("double"));
        await ShouldBeOk(HttpMethod.Put, "models/double?min_worker=2&synchronous=true");
        string snapshot = Snapshots[^1];
        place.Stop().ExitCode.ShouldBe(0);

        place.Run("--start", "--ncs", "--ts-config", snapshot).ExitCode.ShouldBe(0);

        (await place.ReadyWorkersAsync("double")).ShouldBe(2);
    }

    [Fact]
    public async Task Start_NoConfigSnapshots_NeitherReadsNorWrites()
    {
        place.Start("--models", place.Pack("double"), "--ncs").ExitCode.ShouldBe(0);
        await ShouldBeOk(HttpMethod.Put, "models/double?min_worker=2&synchronous=true");

        Directory.Exists(SnapshotFolder).ShouldBeFalse();
    }

    [Fact]
    public void Start_ModelsNamed_TakesNoSnapshot()
    {
        place.Pack("double");
        place.Pack("identity");
        string start = $"{Workplace.Program} --start --model-store {place.ModelStore} --models";
        string script = $"set -e\nip link set lo up\n{start} double.mar >&2\n{Workplace.Program} --stop >&2\n{start} identity.mar >&2\ncurl -sS http://127.0.0.1:8081/models\n{Workplace.Program} --stop >&2";

        // Without a configuration file the ports are the usual ones: in a network of their own.
        CommandResult result = place.RunCommand("unshare", Fixtures.RepositoryRoot, "--net", "bash", "-c", script);

        result.ExitCode.ShouldBe(0, result.ToString());
        Snapshots.ShouldNotBeEmpty();
        result.Output.ShouldContain("identity.mar");
        result.Output.ShouldNotContain("double.mar");
    }

    public void Dispose() => place.Dispose();

    private CommandResult StartAgain() => place.Run("--start");

    private async Task ShouldBeOk(HttpMethod method, string path)
    {
        (HttpStatusCode status, string text) = await place.ManageAsync(method, path);
        status.ShouldBe(HttpStatusCode.OK, $"{path}: {text}");
    }

    private async Task KillAsync()
    {
        int server = place.RecordedProcess!.Value;
        Process.GetProcessById(server).Kill();
        await Workplace.UntilAsync(() => Task.FromResult(!Workplace.IsRunning(server)), "the server is gone");
    }
}
