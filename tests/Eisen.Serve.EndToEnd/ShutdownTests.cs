using System.Diagnostics;
using System.Net;

namespace Eisen.Serve.EndToEnd;

/// <summary>How a server with requests under way ends, gently or not.</summary>
public sealed class ShutdownTests : IDisposable
{
    private const int Patience = 60_000; // milliseconds

    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Terminate_RequestUnderWay_RefusesOthersAndAnswersItAndEndsWith0()
    {
        place.Configure("intra_op_threads=1");
        using Process server = await StartInForegroundAsync(place.Pack("sleeps"), place.Pack("double"));
        Task<(HttpStatusCode Status, string Text)> running = await place.KeepBusyAsync("sleeps", 12000);

        place.RunCommand("kill", place.Folder, "-TERM", $"{server.Id}").ExitCode.ShouldBe(0);

        await Workplace.UntilAsync(async () => await PingAsync() == HttpStatusCode.InternalServerError, "/ping says that the server is on its way out");
        (HttpStatusCode status, string text) = await place.AskAsync("double", "[1]");
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        text.ShouldContain("the server is stopping");
        running.IsCompleted.ShouldBeFalse("all of this happened while it ran");
        (await running).ShouldBe((HttpStatusCode.OK, "[\n  12000.0\n]"));
        server.WaitForExit(Patience).ShouldBeTrue();
        server.ExitCode.ShouldBe(0);
        place.UnpackedArchives.ShouldBeEmpty();
    }

    [Fact]
    public async Task Terminate_UnderLoad_AnswersAllThatWaitAndEndsWith0()
    {
        const int Waiting = 40;
        place.Configure("intra_op_threads=1");
        using Process server = await StartInForegroundAsync(place.Pack("sleeps"));
        Task<(HttpStatusCode Status, string Text)> running = await place.KeepBusyAsync("sleeps", 12000);
        Task<(HttpStatusCode Status, string Text)>[] waiting = [.. Enumerable.Range(1, Waiting).Select(number => place.AskAsync("sleeps", $"[{number}]"))];
        await place.UntilWaitingAsync("sleeps", Waiting);

        place.RunCommand("kill", place.Folder, "-TERM", $"{server.Id}").ExitCode.ShouldBe(0);

        (await running).ShouldBe((HttpStatusCode.OK, "[\n  12000.0\n]"));
        (await Task.WhenAll(waiting)).ShouldBe(Enumerable.Range(1, Waiting).Select(number => (HttpStatusCode.OK, $"[\n  {number}.0\n]")));
        server.WaitForExit(Patience).ShouldBeTrue();
        server.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Terminate_WhileAModelLoads_EndsWith0()
    {
        GatedModel model = new(place);
        using Process server = place.Launch(Workplace.Program, place.Folder, ["--foreground", "--ts-config", place.ConfigFile, "--model-store", place.ModelStore, "--models", model.Archive]);
        Task<string> output = server.StandardOutput.ReadToEndAsync();
        Task<string> errors = server.StandardError.ReadToEndAsync();
        await Workplace.UntilAsync(() => Task.FromResult(place.Run("status").Output.Contains("gated 1.0: LOADING", StringComparison.Ordinal)), "the model is seen loading");

        place.RunCommand("kill", place.Folder, "-TERM", $"{server.Id}").ExitCode.ShouldBe(0);

        server.WaitForExit(Patience).ShouldBeTrue();
        server.ExitCode.ShouldBe(0, await output + await errors);
        place.UnpackedArchives.ShouldBeEmpty();
    }

    [Fact]
    public async Task Stop_WorkerThatNeverEnds_EndsInTimeAndSaysSo()
    {
        place.Configure("graceful_shutdown_timeout=1", "intra_op_threads=1");
        place.StartWith(place.Pack("sleeps"));
        Task<(HttpStatusCode Status, string Text)> running = await place.KeepBusyAsync("sleeps", Asking.Endless);
        int server = place.RecordedProcess!.Value;

        CommandResult stop = place.Stop();

        stop.ExitCode.ShouldBe(0, stop.ToString());
        stop.Output.ShouldContain("1 of 1 request(s) under way were not answered in time");
        Workplace.IsRunning(server).ShouldBeFalse();
        place.UnpackedArchives.ShouldBeEmpty();
        // Its connection was closed, or it was told why; it does not wait forever.
        await Task.WhenAny(running, Task.Delay(Patience));
        running.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Kill_RequestsUnderWay_NextStartFindsNothingInTheWay()
    {
        place.Configure("intra_op_threads=1");
        string[] models = [place.Pack("sleeps"), place.Pack("double")];
        place.StartWith(models);
        string[] usual = FilesOfTheRun();
        Task<(HttpStatusCode Status, string Text)> running = await place.KeepBusyAsync("sleeps", Asking.Endless);
        using RawConnection halfSent = await RawConnection.AnnounceAsync(place.InferencePort, "double", 1_000_000);
        using Process server = Process.GetProcessById(place.RecordedProcess!.Value);

        server.Kill();
        await server.WaitForExitAsync();
        await Should.ThrowAsync<HttpRequestException>(running);
        place.StartWith(models);

        (await place.AskAsync("double", "[3]")).ShouldBe((HttpStatusCode.OK, "[\n  6.0\n]"));
        (await place.AskAsync("sleeps", "[3]")).ShouldBe((HttpStatusCode.OK, "[\n  3.0\n]"));
        FilesOfTheRun().ShouldBe(usual, "what the killed one left is gone");
        place.UnpackedArchives.Length.ShouldBe(models.Length);
        place.Stop().ExitCode.ShouldBe(0);
        place.UnpackedArchives.ShouldBeEmpty();
    }

    private async Task<Process> StartInForegroundAsync(params string[] models)
    {
        Process server = place.Launch(
            Workplace.Program, place.Folder, ["--start", "--foreground", "--ts-config", place.ConfigFile, "--model-store", place.ModelStore, "--models", .. models]);
        server.ErrorDataReceived += (_, _) => { };
        server.BeginErrorReadLine();
        TaskCompletionSource serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
                serving.TrySetException(new InvalidOperationException("The server ended before it was ready."));
            else if (line.Data.Contains("READY", StringComparison.Ordinal))
                serving.TrySetResult();
        };
        server.BeginOutputReadLine();
        await serving.Task.WaitAsync(TimeSpan.FromMilliseconds(Patience));
        return server;
    }

    private async Task<HttpStatusCode> PingAsync()
    {
        using HttpResponseMessage response = await place.Inference.GetAsync("ping");
        return response.StatusCode;
    }

    /// <summary>The files in the run folder, without what archives hold: their folders' names are never the same.</summary>
    private string[] FilesOfTheRun() => [.. Directory.GetFileSystemEntries(place.RunFolder).Order(StringComparer.Ordinal)];
}
