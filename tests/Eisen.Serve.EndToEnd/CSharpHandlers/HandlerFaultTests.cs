using System.Net;

namespace Eisen.Serve.EndToEnd.CSharpHandlers;

/// <summary>Handlers in C# that misbehave, and what becomes of the others beside them.</summary>
public sealed class HandlerFaultTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Faults_OfEveryKind_GetTheRightErrorAndDisturbNobody()
    {
        string[] faulty = ["ThrowsInDecode", "ThrowsInEncode", "AnswersTooFew", "CancelsItself", "FloodsItsLog"];
        place.StartAllowing([place.PackAcme("sum", "SumHandler"), .. faulty.Select(handler => place.PackAcme(handler, handler))]);
        place.PackAcme("ThrowsInConstructor", "ThrowsInConstructor");
        using CancellationTokenSource done = new();
        Task<int> bystander = AskUntilAsync(done.Token);

        for (int round = 0; round < 3; round++)
        {
            Task<(HttpStatusCode Status, string Text)> flood = place.AskAsync("FloodsItsLog", "1");
            foreach (string handler in faulty.SkipLast(1))
            {
                (HttpStatusCode status, string text) = await place.AskAsync(handler, "[-1]");
                status.ShouldBe(HttpStatusCode.ServiceUnavailable, handler);
                text.ShouldContain("Prediction failed");
            }

            (await place.AskAsync("ThrowsInEncode", "[1]")).ShouldBe((HttpStatusCode.OK, "[\n  2.0\n]"), "the worker goes on");
            (await flood).ShouldBe((HttpStatusCode.OK, "told"));
        }

        (HttpStatusCode registered, _) = await place.ManageAsync(HttpMethod.Post, "models?url=ThrowsInConstructor-1.0.mar&initial_workers=1&synchronous=true");
        registered.ShouldBe(HttpStatusCode.InternalServerError);
        await done.CancelAsync();
        (await bystander).ShouldBeGreaterThan(3);
        place.Stop().ExitCode.ShouldBe(0);

        string log = place.Log;
        log.ShouldContain("the slices are in no order");
        log.ShouldContain("the mask is empty");
        log.ShouldContain("The handler gave 0 answers to 1 requests.");
        log.ShouldContain("cancelled by itself");
        log.ShouldContain("Model ThrowsInConstructor 1.0 cannot be loaded: ThrowsInConstructor-1.0.mar: InvalidOperationException: the scanner is not calibrated");
        place.ModelLog.ShouldContain("line(s) were left out, as its handler logs more than a mebibyte a second");
        // Three floods of two gigabytes each.
        new DirectoryInfo(place.LogFolder).EnumerateFiles("model_log*").Sum(file => file.Length).ShouldBeLessThan(100 << 20);
    }

    [Fact]
    public async Task NeverReturns_ModelIsUnregistered_CallersAreFreedAndTheLogIsHonest()
    {
        string gate = Path.Combine(place.Folder, "gate");
        place.StartAllowing(
            [place.PackAcme("sum", "SumHandler"), place.PackAcme("never", "NeverReturns", $"minWorkers: 1\nresponseTimeout: 1\nhandler:\n  gate: {gate}\n")],
            "unregister_model_timeout=2");

        (HttpStatusCode status, string text) = await place.AskAsync("never", "1");
        status.ShouldBe(HttpStatusCode.InternalServerError);
        text.ShouldContain("there was no answer within 1 s");
        (await place.ManageAsync(HttpMethod.Delete, "models/never")).Status.ShouldBe(HttpStatusCode.OK);
        (await place.ManageAsync(HttpMethod.Get, "models/never")).Status.ShouldBe(HttpStatusCode.NotFound);
        place.Log.ShouldContain("Model never 1.0 is unloaded, but the code of its handler Acme.Handlers.dll:Acme.Handlers.NeverReturns has not returned, and a thread cannot be ended: its assembly could not be unloaded");
        (await place.AskAsync("sum", "1 2")).Status.ShouldBe(HttpStatusCode.OK);

        File.WriteAllText(gate, "");
        await place.UntilLoggedAsync("Model never 1.0: the assemblies of the handler Acme.Handlers.NeverReturns are unloaded.");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task WaitsForCancellation_TimeIsOver_IsCancelledAndFreesItsWorker()
    {
        place.StartAllowing([place.PackAcme("waits", "WaitsForCancellation", "minWorkers: 1\nresponseTimeout: 1\nbatchSize: 4\nmaxBatchDelay: 50\n")]);

        for (int round = 0; round < 2; round++)
        {
            (HttpStatusCode Status, string Text)[] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => place.AskAsync("waits", "1")));
            answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.InternalServerError && answer.Text.Contains("there was no answer within 1 s"));
        }

        place.Stop().ExitCode.ShouldBe(0);
        place.Log.ShouldNotContain("did not end within", Case.Sensitive, "the worker came back from both");
    }

    [Fact]
    public async Task LeavesAThread_ModelIsUnregistered_LogSaysThatItsAssemblyStays()
    {
        string gate = Path.Combine(place.Folder, "gate");
        place.StartAllowing([place.PackAcme("thread", "LeavesAThread", $"minWorkers: 1\nhandler:\n  gate: {gate}\n")]);

        (await place.ManageAsync(HttpMethod.Delete, "models/thread")).Status.ShouldBe(HttpStatusCode.OK);

        await place.UntilLoggedAsync("Model thread 1.0: the assemblies of the handler Acme.Handlers.LeavesAThread stay in memory");
        place.Stop().ExitCode.ShouldBe(0);
    }

    private async Task<int> AskUntilAsync(CancellationToken done)
    {
        int asked = 0;
        for (; !done.IsCancellationRequested; asked++)
            (await place.AskAsync("sum", $"{asked}")).Status.ShouldBe(HttpStatusCode.OK);
        return asked;
    }
}
