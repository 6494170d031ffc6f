using System.Text;
using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Engine.Tests.Workers;

/// <summary>What the engine does with workers that die, which in-process ones cannot.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly ScriptedWorkers workers = new();
    private readonly Models models;

    public RestartTests() => models = new Models(time, null, workers);

    [Fact]
    public async Task Handle_WorkerDies_IsToldAndTheNextRequestIsAnswered()
    {
        ModelVersion version = await LoadAsync();

        HandlerAnswer answer = await version.AskAsync("die");

        answer.Error.ShouldBe(PredictionError.WorkerDied);
        (await version.AskAsync("[1]")).Text().ShouldBe("[1]");
        workers.Loads.ShouldBe(2);
        version.Workers.Single().State.ShouldBe(WorkerState.Ready);
        version.Workers.Single().Reason.ShouldBeNull();
    }

    [Fact]
    public async Task Died_NothingToDo_IsStartedAgainAtOnce()
    {
        ModelVersion version = await LoadAsync();

        workers.KillAll();

        await Answers.UntilAsync(() => workers.Loads == 2 && version.Workers.Single().State == WorkerState.Ready);
    }

    [Fact]
    public async Task Restart_Fails_RefusesAtOnceUntilItWorks()
    {
        ModelVersion version = await LoadAsync();
        workers.CanLoad = false;

        (await version.AskAsync("die")).Error.ShouldBe(PredictionError.WorkerDied);
        await Answers.UntilAsync(() => version.Workers.Single().State == WorkerState.Retrying);
        HandlerAnswer refused = await version.AskAsync("[1]");

        refused.Error.ShouldBe(PredictionError.NoWorker);
        refused.Message.ShouldContain("cannot be loaded");
        version.Workers.Single().Reason.ShouldBe("RuntimeError: cannot be loaded");
        workers.CanLoad = true;
        await Answers.UntilAsync(() => time.Pending > 0);
        time.Advance(TimeSpan.FromSeconds(1));
        await Answers.UntilAsync(() => version.Workers.Single().State == WorkerState.Ready);
        (await version.AskAsync("[1]")).Text().ShouldBe("[1]");
    }

    [Fact]
    public async Task Restart_FailsForTooLong_IsGivenUpUntilItIsScaled()
    {
        ModelVersion version = await LoadAsync("maxRetryTimeoutInSec: 4\n");
        workers.CanLoad = false;
        workers.KillAll();

        // At once, after 1 s and after 2 s more; 4 s more would be too long.
        await Answers.UntilAsync(() => workers.Loads == 2 && time.Pending > 0);
        time.Advance(TimeSpan.FromSeconds(1));
        await Answers.UntilAsync(() => workers.Loads == 3 && time.Pending > 0);
        time.Advance(TimeSpan.FromSeconds(2));
        await Answers.UntilAsync(() => version.Workers.Single().State == WorkerState.Failed);
        workers.Loads.ShouldBe(4);
        (await version.AskAsync("[1]")).Error.ShouldBe(PredictionError.NoWorker);

        workers.CanLoad = true;
        await Answers.UntilAsync(() => models.Logger.Messages.Any(message => message.Contains("not started again", StringComparison.Ordinal)));
        await Answers.UntilAsync(() => models.Reconciler.ScaleAsync(version, new WorkerRange(1, 1), CancellationToken.None).Result is null && version.Workers.Single().State == WorkerState.Ready);
        (await version.AskAsync("[1]")).Text().ShouldBe("[1]");
    }

    [Fact]
    public async Task Restart_Fails_FreesWhatWaits()
    {
        ModelVersion version = await LoadAsync();
        using ModelLease lease = version.TryEnter()!;
        using CancellationTokenSource gone = new();
        Task<HandlerAnswer> streaming = lease.PredictAsync(Models.Request("stream"), TimeSpan.MaxValue, gone.Token).AsTask();
        await streaming.WaitAsync(Models.Patience);
        using ModelLease second = version.TryEnter()!;
        Task<HandlerAnswer> waiting = second.PredictAsync(Models.Request("[1]"), TimeSpan.MaxValue, CancellationToken.None).AsTask();

        workers.CanLoad = false;
        workers.KillAll();
        workers.NextPart.Release(3);

        (await waiting.WaitAsync(Models.Patience)).Error.ShouldBe(PredictionError.NoWorker);
    }

    [Fact]
    public async Task Unload_WorkerWaitsToBeStartedAgain_Ends()
    {
        ModelVersion version = await LoadAsync();
        workers.CanLoad = false;
        workers.KillAll();
        await Answers.UntilAsync(() => version.Workers.Single().State == WorkerState.Retrying && time.Pending > 0);

        await models.Reconciler.UnloadAsync(version, Models.Patience).WaitAsync(Models.Patience);

        version.Status.State.ShouldBe(ModelState.Unloaded);
        models.Unpacked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Unload_WorkersAreLoading_EndsThem()
    {
        workers.HangsWhileLoading = true;
        Task<LoadOutcome> loading = models.Reconciler.LoadAsync(models.Pack("double", name: "m", handler: "scripted:run", workers: 2), CancellationToken.None);
        await Answers.UntilAsync(() => workers.Loads == 2);
        ModelVersion version = models.Registry.Find("m")!.Default;

        await models.Reconciler.UnloadAsync(version, Models.Patience).WaitAsync(Models.Patience);

        (await loading.WaitAsync(Models.Patience)).Reason.ShouldBe("it was unregistered while it loaded");
        version.Status.State.ShouldBe(ModelState.Unloaded);
        models.Logger.Messages.ShouldNotContain(message => message.Contains("cannot be loaded", StringComparison.Ordinal));
        models.Unpacked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Unload_WorkerIsBeingAdded_EndsIt()
    {
        ModelVersion version = await LoadAsync();
        workers.HangsWhileLoading = true;
        Task<string?> scaling = models.Reconciler.ScaleAsync(version, new WorkerRange(2, 2), CancellationToken.None);
        await Answers.UntilAsync(() => workers.Loads == 2);

        await models.Reconciler.UnloadAsync(version, Models.Patience).WaitAsync(Models.Patience);

        await scaling.WaitAsync(Models.Patience);
        version.Status.State.ShouldBe(ModelState.Unloaded);
    }

    [Fact]
    public async Task Scale_VersionThatFailsToLoadMeanwhile_SaysWhy()
    {
        workers.HangsWhileLoading = true;
        Task<LoadOutcome> loading = models.Reconciler.LoadAsync(models.Pack("double", name: "m", handler: "scripted:run", workers: 1), CancellationToken.None);
        await Answers.UntilAsync(() => workers.Loads == 1 && time.Pending > 0);
        ModelVersion version = models.Registry.Find("m")!.Default;

        Task<string?> scaling = models.Reconciler.ScaleAsync(version, new WorkerRange(2, 2), CancellationToken.None);
        workers.HangsWhileLoading = false;
        workers.CanLoad = false;
        time.Advance(version.Options.StartupTimeout);

        (await loading.WaitAsync(Models.Patience)).Reason.ShouldNotBeNull();
        (await scaling.WaitAsync(Models.Patience)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Load_WorkerCannotBeLoaded_SaysWhyAndIsTriedAgain()
    {
        workers.CanLoad = false;
        LoadOutcome outcome = await models.Reconciler.LoadAsync(models.Pack("double", name: "m", handler: "scripted:run", workers: 1), CancellationToken.None);

        outcome.Reason.ShouldNotBeNull().ShouldContain("RuntimeError: cannot be loaded");
        workers.CanLoad = true;
        await Answers.UntilAsync(() => time.Pending > 0);
        time.Advance(TimeSpan.FromSeconds(1));
        await Answers.UntilAsync(() => models.Registry.Find("m")!.Default.Status.State == ModelState.Ready);
    }

    [Fact]
    public async Task Predict_WorkerStreams_PartsComeWhileItIsBusy()
    {
        ModelVersion version = await LoadAsync();

        using HandlerAnswer answer = await version.AskAsync("stream");
        await using IAsyncEnumerator<ReadOnlyMemory<byte>> parts = answer.Parts!.ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();

        foreach (string expected in (string[])["0,", "1,", "2,", "stream"])
        {
            (await parts.MoveNextAsync().AsTask().WaitAsync(Models.Patience)).ShouldBeTrue();
            Encoding.UTF8.GetString(parts.Current.Span).ShouldBe(expected);
            workers.NextPart.Release();
        }

        (await parts.MoveNextAsync()).ShouldBeFalse();
    }

    public void Dispose() => models.Dispose();

    private Task<ModelVersion> LoadAsync(string settings = "") => models.LoadAsync(models.Pack("double", settings, name: "m", handler: "scripted:run", workers: 1));
}
