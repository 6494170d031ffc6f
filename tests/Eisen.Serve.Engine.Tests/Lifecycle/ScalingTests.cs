using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Engine.Tests.Lifecycle;

public sealed class ScalingTests : IDisposable
{
    // Keeps a lane busy for long enough to look at it; see the fixture module.
    private const string Long = "[700]";

    private readonly ManualTime time = new();
    private readonly Models models;

    public ScalingTests() => models = new Models(time);

    [Fact]
    public async Task ScaleAsync_UpAndDown_HasThatManyWorkersAndAnswersThroughout()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double"));

        foreach (int count in new[] { 3, 1, 4, 2 })
        {
            (await models.Reconciler.ScaleAsync(version, new WorkerRange(count, count), CancellationToken.None)).ShouldBeNull();
            version.Workers.Count.ShouldBe(count);
            version.Workers.ShouldAllBe(worker => worker.State == WorkerState.Ready);
            (await version.AskAsync("[1]")).Text().ShouldBe("[2.0]");
        }

        version.WorkerRange.ShouldBe(new WorkerRange(2, 2));
    }

    [Fact]
    public async Task ScaleAsync_ToNone_AnswersWhatWaitsAndLaterOnes()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("sleeps"));
        Task<HandlerAnswer> busy = version.AskAsync(Long);
        await Answers.UntilAsync(() => version.PendingRequests == 0);
        Task<HandlerAnswer> waiting = version.AskAsync("[1]");

        await models.Reconciler.ScaleAsync(version, new WorkerRange(0, 0), CancellationToken.None);

        (await busy).Text().ShouldBe("[700.0]");
        (await waiting).Error.ShouldBe(PredictionError.NoWorker);
        (await version.AskAsync("[1]")).Message.ShouldBe("model sleeps 1.0 has no worker");
        await models.Reconciler.ScaleAsync(version, new WorkerRange(1, 1), CancellationToken.None);
        (await version.AskAsync("[1]")).Text().ShouldBe("[1.0]");
    }

    [Fact]
    public async Task LaneGroup_OldestWaitsTooLong_AddsWorkersUpToTheMostAndRetiresThemWhenIdle()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("sleeps", "minWorkers: 1\nmaxWorkers: 2\n"));
        version.Workers.Count.ShouldBe(1);
        List<Task<HandlerAnswer>> asked = [version.AskAsync(Long)];
        await Answers.UntilAsync(() => version.PendingRequests == 0);
        asked.AddRange([version.AskAsync(Long), version.AskAsync("[1]"), version.AskAsync("[1]")]);

        time.Advance(LaneGroup.LongWait + LaneGroup.LookInterval);
        await Answers.UntilAsync(() => version.Workers.Count == 2);
        time.Advance(LaneGroup.LongWait + LaneGroup.LookInterval);

        foreach (Task<HandlerAnswer> each in asked)
            (await each).Error.ShouldBe(PredictionError.None);
        version.Workers.Count.ShouldBe(2);
        await Answers.UntilAsync(() => version.Workers.All(worker => worker.State == WorkerState.Ready));
        time.Advance(LaneGroup.LongIdle + LaneGroup.LookInterval);
        await Answers.UntilAsync(() => version.Workers.Count == 1);
        time.Advance(LaneGroup.LongIdle + LaneGroup.LookInterval);
        (await version.AskAsync("[1]")).Text().ShouldBe("[1.0]");
        version.Workers.Count.ShouldBe(1);
    }

    [Fact]
    public async Task UnloadAsync_RequestAnnouncedBefore_IsAnsweredFirst()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double"));
        ModelLease lease = version.TryEnter()!;

        Task unloading = models.Reconciler.UnloadAsync(version, Models.Patience);
        version.TryEnter().ShouldBeNull();
        HandlerAnswer answer = await lease.PredictAsync(Models.Request("[4]"), TimeSpan.MaxValue, CancellationToken.None);
        unloading.IsCompleted.ShouldBeFalse();
        lease.Dispose();

        answer.Text().ShouldBe("[8.0]");
        await unloading.WaitAsync(Models.Patience);
        version.Status.State.ShouldBe(ModelState.Unloaded);
    }

    [Fact]
    public async Task PredictAsync_StormOfChangesBesideIt_AnswersEveryRequest()
    {
        ModelConfig first = models.Pack("double", "batchSize: 4\n", name: "stormy", version: "1.0", workers: 2);
        ModelConfig second = models.Pack("double", name: "stormy", version: "2.0");
        ModelVersion version = await models.LoadAsync(first);
        using CancellationTokenSource over = new();
        Task storm = Task.Run(async () =>
        {
            for (int round = 0; !over.IsCancellationRequested; round++)
            {
                ModelVersion other = await models.LoadAsync(second);
                await models.Reconciler.ScaleAsync(version, new WorkerRange(1 + (round % 3), 4), CancellationToken.None);
                models.Registry.SetDefault(round % 2 == 0 ? other : version);
                await models.Reconciler.UnloadAsync(other, Models.Patience);
            }
        });

        HandlerAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(client => Task.Run(async () =>
        {
            HandlerAnswer answer = HandlerAnswer.Failure(PredictionError.ModelNotFound, "never asked");
            for (int i = 0; i < 50; i++)
            {
                models.Registry.Find("stormy", null, out ModelVersion? found);
                answer = await found!.AskAsync($"[{client}]");
                // A version that is going says so; any other refusal would be a bug.
                if (answer.Error != PredictionError.NoWorker)
                    answer.Text().ShouldBe($"[{2 * client}.0]");
            }

            return answer;
        })));
        over.Cancel();
        await storm.WaitAsync(Models.Patience);

        answers.Length.ShouldBe(64);
        (await version.AskAsync("[1]")).Text().ShouldBe("[2.0]");
        version.PendingRequests.ShouldBe(0);
    }

    public void Dispose() => models.Dispose();
}
