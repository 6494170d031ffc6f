using System.Collections.Concurrent;
using System.Diagnostics;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine.Tests.Tracing;

public sealed class PredictionTraceTests : IDisposable
{
    private readonly Models models = new();
    private readonly ActivitySource callers = new($"callers of {nameof(PredictionTraceTests)}");
    private readonly ConcurrentQueue<Activity> spans = new();

    public void Dispose()
    {
        models.Dispose();
        callers.Dispose();
    }

    [Fact]
    public async Task PredictAsync_NobodyListens_HasNoTrace()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double"));
        using Activity caller = new("caller");
        caller.Start();

        PredictionTrace.Begin(version, TimeProvider.System).ShouldBeNull();
    }

    [Fact]
    public async Task PredictAsync_CallerIsNotTraced_TellsNothing()
    {
        using ActivityListener listener = Listen(ActivitySamplingResult.PropagationData);
        ModelVersion version = await models.LoadAsync(models.Pack("double"));

        Activity caller = await AskTracedAsync(version, "[1]");

        caller.IsAllDataRequested.ShouldBeFalse();
        spans.ShouldBeEmpty();
    }

    [Fact]
    public async Task PredictAsync_LoneRequest_TellsItsWayInOrder()
    {
        using ActivityListener listener = Listen();
        ModelVersion version = await models.LoadAsync(models.Pack("double"));

        Activity caller = await AskTracedAsync(version, "[1]");

        await Answers.UntilAsync(() => Of(caller).Length == 5);
        Of(caller).Select(span => span.OperationName).ShouldBe(["queue", "decode", "inference", "encode", "batch"]);
        Of(caller).ShouldAllBe(span => span.ParentSpanId == caller.SpanId && span.Status == ActivityStatusCode.Unset);
        caller.GetTagItem("model.name").ShouldBe("double");
        Activity.Current.ShouldBeNull();
    }

    [Fact]
    public async Task PredictAsync_BatchFailsAndIsTriedAgain_TellsOfEachTry()
    {
        using ActivityListener listener = Listen();
        ModelVersion version = await models.LoadAsync(models.Pack("picky", "batchSize: 2\nmaxBatchDelay: 60000\n"));
        using ModelLease goodLease = version.TryEnter()!;
        using ModelLease badLease = version.TryEnter()!;

        Activity good = callers.StartActivity("good")!;
        Task<HandlerAnswer> goodAnswer = goodLease.PredictAsync(Models.Request("[1]"), TimeSpan.MaxValue, default).AsTask();
        good.Stop();
        Activity bad = callers.StartActivity("bad")!;
        Task<HandlerAnswer> badAnswer = badLease.PredictAsync(Models.Request("[-1]"), TimeSpan.MaxValue, default).AsTask();
        bad.Stop();

        (await goodAnswer).Error.ShouldBe(PredictionError.None);
        (await badAnswer).Error.ShouldBe(PredictionError.ModelFailed);
        await Answers.UntilAsync(() => spans.Count(span => span.OperationName == "batch") == 3);
        Stages(good).ShouldBe(["decode", "queue", "prepare", "inference failed", "prepare", "inference", "encode"]);
        Stages(bad).ShouldBe(["decode", "queue", "prepare", "inference failed", "prepare", "inference failed"]);
        Activity together = spans.Single(span => span.OperationName == "batch" && span.GetTagItem("batch.size") is 2);
        together.Links.Select(link => link.Context.SpanId).ShouldBe([good.SpanId, bad.SpanId]);
        together.GetTagItem("error.type").ShouldBe("ModelFailed");
    }

    [Fact]
    public async Task PredictAsync_CallerLeavesWhileItWaits_IsAQueueSpanThatSaysSo()
    {
        using ActivityListener listener = Listen();
        ModelVersion version = await models.LoadAsync(models.Pack("sleeps"));
        Task<HandlerAnswer> busy = version.AskAsync("[1500]");
        await Answers.UntilAsync(() => version.PendingRequests == 0);
        using CancellationTokenSource gone = new();
        Activity caller = callers.StartActivity("caller")!;
        Task<HandlerAnswer> leaving = version.AskAsync("[1]", gone.Token);
        caller.Stop();

        gone.Cancel();

        (await leaving).Error.ShouldBe(PredictionError.ClientGone);
        Activity queue = Of(caller).ShouldHaveSingleItem();
        queue.OperationName.ShouldBe("queue");
        queue.GetTagItem("error.type").ShouldBe("ClientGone");
        await busy;
    }

    private Activity[] Of(Activity caller) => [.. spans.Where(span => span.TraceId == caller.TraceId)];

    private IEnumerable<string> Stages(Activity caller) =>
        Of(caller).Where(span => span.OperationName != "batch").Select(span => span.Status == ActivityStatusCode.Error ? $"{span.OperationName} failed" : span.OperationName);

    private async Task<Activity> AskTracedAsync(ModelVersion version, string body)
    {
        Activity caller = callers.StartActivity("caller")!;
        Task<HandlerAnswer> answer = version.AskAsync(body);
        caller.Stop();
        (await answer).Error.ShouldBe(PredictionError.None);
        return caller;
    }

    private ActivityListener Listen(ActivitySamplingResult sampling = ActivitySamplingResult.AllDataAndRecorded)
    {
        ActivityListener listener = new()
        {
            ShouldListenTo = source => source == callers || source.Name == EngineTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => sampling,
            ActivityStopped = span =>
            {
                if (span.Source != callers)
                    spans.Enqueue(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
