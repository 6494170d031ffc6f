using System.Net;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>What a user sees of an archive that cannot be served: one clear line, and nothing left behind.</summary>
public sealed class LoadFailureTests : IDisposable
{
    private const string Manifest = """{"model": {"modelName": "m", "serializedFile": "model.pt", "handler": "base_handler", "modelVersion": "1.0"}}""";

    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public void Start_NameThatDoesNotExist_NamesTheNearest()
    {
        place.AddToStore(Archives.Digits);

        ShouldRefuse("digts.mar", "has no 'digts.mar'; did you mean 'digits.mar'?");
    }

    [Fact]
    public void Start_PathOutOfTheStore_IsRefused()
    {
        File.Copy(Archives.Digits, Path.Combine(place.Folder, "digits.mar"));

        ShouldRefuse("../digits.mar", "paths are not taken");
    }

    [Fact]
    public void Start_TruncatedArchive_SaysSo()
    {
        byte[] whole = File.ReadAllBytes(Archives.Digits);
        File.WriteAllBytes(Path.Combine(place.ModelStore, "cut.mar"), whole[..(whole.Length / 2)]);

        ShouldRefuse("cut.mar", "cut.mar", "truncated");
    }

    [Fact]
    public void Start_ZipThatEscapesItsFolder_IsRefused()
    {
        Archives.PackText(Path.Combine(place.ModelStore, "slip.mar"), Manifest, ("../../escaped.txt", "out"), ("model.pt", "x"));

        ShouldRefuse("slip.mar", "slip.mar", "..");

        Directory.EnumerateFiles(place.Folder, "escaped.txt", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public void Start_ZipBomb_IsRefused()
    {
        Archives.PackBomb(Path.Combine(place.ModelStore, "bomb.mar"));

        ShouldRefuse("bomb.mar", "bomb.mar", "200");
    }

    [Fact]
    public void Start_TextFile_IsRefused()
    {
        File.WriteAllText(Path.Combine(place.ModelStore, "notes.mar"), "not an archive at all\n");

        ShouldRefuse("notes.mar", "notes.mar: not a MAR archive");
    }

    [Fact]
    public void Start_ManifestWithoutSerializedFile_SaysSo()
    {
        Archives.PackText(Path.Combine(place.ModelStore, "hollow.mar"), """{"model": {"modelName": "hollow", "handler": "base_handler", "modelVersion": "1.0"}}""");

        ShouldRefuse("hollow.mar", "hollow.mar", "serializedFile");
    }

    [Fact]
    public void Start_SerializedFileIsNoModule_SaysWhatWouldBeRight()
    {
        Archives.PackText(Path.Combine(place.ModelStore, "text.mar"), Manifest, ("model.pt", "no module"));

        ShouldRefuse("text.mar", "text.mar", "'model.pt' is nothing that torch wrote", "torch.jit.save");
    }

    [Fact]
    public void Start_PythonHandlerThatRaises_ServesAllTheSameAndTriesAgain()
    {
        place.Configure("python=/usr/bin/python3");
        Archives.PackText(Path.Combine(place.ModelStore, "python.mar"), """{"model": {"modelName": "p", "handler": "mine.py", "modelVersion": "1.0"}}""", ("mine.py", "raise RuntimeError('not yet')"));

        CommandResult result = place.Start("--models", "python.mar");

        result.ExitCode.ShouldBe(0, result.ToString());
        result.ToString().ShouldContain("p: FAILED, and is tried again: python.mar: RuntimeError: not yet");
    }

    [Fact]
    public void Start_PipeInTheStore_IsRefused()
    {
        place.RunCommand("mkfifo", place.ModelStore, "pipe.mar").ExitCode.ShouldBe(0);

        ShouldRefuse("pipe.mar", "pipe or a device");
    }

    [Fact]
    public void Start_ArchiveThatAsksForTooMuch_IsRefused()
    {
        Archives.Pack(Path.Combine(place.ModelStore, "greedy.mar"), "greedy", "modules/double.pt", config: "batchSize: 2147483647\nminWorkers: 20000\n");

        ShouldRefuse("greedy.mar", "batchSize must be a whole number from 1 to 1000000", "minWorkers must be a whole number from 0 to 1024");
    }

    [Fact]
    public async Task Start_WarmUpThatNeverReturns_FailsInTimeAndDisturbsNoOther()
    {
        place.AddToStore(Archives.Digits);
        Archives.Pack(Path.Combine(place.ModelStore, "loops.mar"), "loops", "modules/loops.pt", config: "startupTimeout: 1\nhandler:\n  input_shape: [2]\n");

        CommandResult start = place.Start("--models", "loops.mar", "digits.mar");

        start.ExitCode.ShouldBe(0, start.ToString());
        start.Output.ShouldContain("loops: FAILED: loops.mar: its workers were not ready within startupTimeout, 1 s");
        start.Output.ShouldContain("digits 1.0: READY");
        (await place.Inference.PutAsync("predictions/digits", new ByteArrayContent(GreyPng.Encode(new byte[64], width: 8)))).StatusCode.ShouldBe(HttpStatusCode.OK);
        place.Stop().ExitCode.ShouldBe(0, "a thread that never returns does not keep the process");
    }

    [Fact]
    public async Task Stop_WhileAModelLoads_DoesNotWaitForIt()
    {
        Archives.Pack(Path.Combine(place.ModelStore, "loops.mar"), "loops", "modules/loops.pt", config: "handler:\n  input_shape: [2]\n");
        Task<CommandResult> start = Task.Run(() => place.Start("--models", "loops.mar"));
        await Workplace.UntilAsync(async () => Workplace.IsListening(place.ManagementPort) && (await place.Management.GetStringAsync("models")).Contains("loops", StringComparison.Ordinal), "it loads");

        place.Stop().ExitCode.ShouldBe(0);

        CommandResult result = await start;
        result.ExitCode.ShouldNotBe(0);
        result.Errors.ShouldContain("asked to stop while models were loading");
        ShouldHaveLeftNothing();
    }

    [Fact]
    public async Task Start_OneBadBesideAGood_ServesTheGood()
    {
        place.AddToStore(Archives.Digits);
        File.WriteAllText(Path.Combine(place.ModelStore, "notes.mar"), "not an archive at all\n");

        CommandResult start = place.Start("--models", "all");

        start.ExitCode.ShouldBe(0, start.ToString());
        start.Output.ShouldContain("digits 1.0: READY");
        start.Output.ShouldContain("notes.mar: FAILED: notes.mar: not a MAR archive");
        (await place.Inference.GetAsync("ping")).StatusCode.ShouldBe(HttpStatusCode.OK);
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Start_ModuleThatCannotBeLoaded_IsDescribedAsFailed()
    {
        place.AddToStore(Archives.Digits);
        Archives.PackText(Path.Combine(place.ModelStore, "text.mar"), Manifest, ("model.pt", "no module"));

        place.Start("--models", "digits.mar", "text.mar").ExitCode.ShouldBe(0);

        string description = await place.Management.GetStringAsync("models/m");
        description.ShouldContain("\"status\": \"FAILED\"");
        description.ShouldContain("\"reason\": \"text.mar: ");
        HttpResponseMessage prediction = await place.Inference.PostAsync("predictions/m", new StringContent("[1]"));
        prediction.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await prediction.Content.ReadAsStringAsync()).ShouldContain("has no worker to serve inference request");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public void Start_StrictAndOneBad_DoesNotServe()
    {
        place.AddToStore(Archives.Digits);
        File.WriteAllText(Path.Combine(place.ModelStore, "notes.mar"), "not an archive at all\n");

        CommandResult start = place.Start("--strict", "--models", "all");

        start.ExitCode.ShouldNotBe(0);
        start.Errors.ShouldContain("--strict");
        ShouldHaveLeftNothing();
    }

    private void ShouldRefuse(string model, params string[] texts)
    {
        CommandResult start = place.Start("--models", model);

        start.ExitCode.ShouldNotBe(0);
        string line = start.Errors.Split('\n').Where(text => text.Contains("FAILED", StringComparison.Ordinal)).ShouldHaveSingleItem();
        foreach (string text in texts)
            line.ShouldContain(text);
        ShouldHaveLeftNothing();
    }

    private void ShouldHaveLeftNothing()
    {
        Workplace.IsRunning(place.RecordedProcess!.Value).ShouldBeFalse();
        Workplace.IsListening(place.InferencePort).ShouldBeFalse();
        place.UnpackedArchives.ShouldBeEmpty();
    }
}
