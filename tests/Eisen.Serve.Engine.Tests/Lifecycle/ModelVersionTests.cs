using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Engine.Tests.Lifecycle;

public sealed class ModelVersionTests : IDisposable
{
    // Keeps a lane busy for long enough to look at it; see the fixture module.
    private const string Long = "[1500]";

    private readonly ManualTime time = new();
    private readonly Models models;

    public ModelVersionTests() => models = new Models(time);

    [Fact]
    public async Task PredictAsync_ModuleRaises_FailsAndLogsThePythonLine()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("raises"));

        HandlerAnswer answer = await version.AskAsync("[1]");

        answer.Error.ShouldBe(PredictionError.ModelFailed);
        string logged = models.Logger.Messages.Single(message => message.StartsWith("Error: Model raises 1.0 failed on request ", StringComparison.Ordinal));
        logged.ShouldContain("""raise ValueError("the scan has no brain in it")""");
        logged.ShouldContain("make_modules.py");
    }

    [Fact]
    public async Task PredictAsync_BadInput_IsNotLogged()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double"));

        (await version.AskAsync("{}")).Error.ShouldBe(PredictionError.BadInput);

        models.Logger.Messages.ShouldNotContain(message => message.Contains("failed on a request", StringComparison.Ordinal));
        (await version.AskAsync("[1]")).Text().ShouldBe("[2.0]");
    }

    [Fact]
    public async Task PredictAsync_LaneBusyBeyondTheTimeout_FreesTheCallerAndGoesOn()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("sleeps", "responseTimeout: 3\n"));
        Task<HandlerAnswer> busy = version.AskAsync(Long);
        await Answers.UntilAsync(() => version.PendingRequests == 0);
        Task<HandlerAnswer> waiting = version.AskAsync("[1]");

        time.Advance(TimeSpan.FromSeconds(2.9));
        waiting.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(0.2));

        foreach (Task<HandlerAnswer> late in new[] { busy, waiting })
        {
            HandlerAnswer answer = await late;
            answer.Error.ShouldBe(PredictionError.DeadlineExceeded);
            answer.Message.ShouldBe("there was no answer within 3 s");
        }

        (await version.AskAsync("[2]")).Text().ShouldBe("[2.0]");
        version.PendingRequests.ShouldBe(0);
    }

    [Fact]
    public async Task PredictAsync_CallerGone_IsFreedAndCostsNoForward()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("sleeps"));
        using CancellationTokenSource gone = new();
        Task<HandlerAnswer> busy = version.AskAsync(Long);
        await Answers.UntilAsync(() => version.PendingRequests == 0);
        // It would keep the lane for days.
        Task<HandlerAnswer> leaving = version.AskAsync("[1000000000]", gone.Token);

        gone.Cancel();

        (await leaving).Error.ShouldBe(PredictionError.ClientGone);
        busy.IsCompleted.ShouldBeFalse();
        (await busy).Text().ShouldBe("[1500.0]");
        (await version.AskAsync("[2]")).Text().ShouldBe("[2.0]");
    }

    [Fact]
    public async Task PredictAsync_QueueFull_SaysSoAtOnce()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("sleeps", "jobQueueSize: 2\n"));
        Task<HandlerAnswer> busy = version.AskAsync(Long);
        await Answers.UntilAsync(() => version.PendingRequests == 0);
        Task<HandlerAnswer>[] waiting = [version.AskAsync("[1]"), version.AskAsync("[2]")];
        version.PendingRequests.ShouldBe(2);
        version.RemainingQueueCapacity.ShouldBe(0);

        HandlerAnswer refused = await version.AskAsync("[3]");

        refused.Error.ShouldBe(PredictionError.QueueFull);
        refused.Message.ShouldBe("2 requests wait for model sleeps already");
        busy.IsCompleted.ShouldBeFalse();
        (await busy).Text().ShouldBe("[1500.0]");
        (await waiting[0]).Text().ShouldBe("[1.0]");
        (await waiting[1]).Text().ShouldBe("[2.0]");
    }

    [Theory]
    [InlineData("")]
    [InlineData("batchSize: 8\n")]
    public async Task PredictAsync_16TasksWith200Each_AnswersEachItsOwn(string settings)
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double", settings + "handler:\n  dtype: int64\n", workers: 2));

        await Task.WhenAll(Enumerable.Range(0, 16).Select(task => Task.Run(async () =>
        {
            for (int i = 0; i < 200; i++)
            {
                int number = (task * 1000) + i;
                (await version.AskAsync($"[{number}]")).Text().ShouldBe($"[{2 * number}]");
            }
        })));
    }

    [Fact]
    public async Task PredictAsync_BatchWithARequestThatRaises_FailsThatOneAlone()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("picky", "batchSize: 8\n"));

        HandlerAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => version.AskAsync(i % 10 == 3 ? "[-1]" : $"[{i}]")));

        for (int i = 0; i < answers.Length; i++)
        {
            if (i % 10 == 3)
                answers[i].Error.ShouldBe(PredictionError.ModelFailed);
            else
                answers[i].Text().ShouldBe($"[{2 * i}.0]");
        }
    }

    [Fact]
    public async Task StartAsync_WarmUpLongerThanTheStartupTimeout_FailsAndSaysSo()
    {
        // The warm-up multiplies large matrices, for seconds; the clock says that it took longer still.
        Task<LoadOutcome> loading = models.Reconciler.LoadAsync(models.Pack("weights46mb", "startupTimeout: 4\nhandler:\n  input_shape: [3000, 1150]\n"), CancellationToken.None);
        await Answers.UntilAsync(() => time.Pending > 0 || loading.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(5));

        LoadOutcome outcome = await loading.WaitAsync(Models.Patience);

        outcome.Reason.ShouldBe("weights46mb-1.0.mar: its workers were not ready within startupTimeout, 4 s");
        models.Registry.Find("weights46mb")!.Default.Status.State.ShouldBe(ModelState.Failed);
        models.Unpacked.ShouldBeEmpty();
    }

    public void Dispose() => models.Dispose();
}
