using System.Text;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine.Tests.Queueing;

public sealed class InferenceJobTests
{
    [Fact]
    public async Task Complete_CallerWaits_DisposesTheRequestOnly()
    {
        Tracked memory = new();
        Tracked content = new();
        InferenceJob job = new(new HandlerRequest([], memory: memory));

        job.Complete(HandlerAnswer.Success(default, memory: content));

        memory.Disposals.ShouldBe(1);
        content.Disposals.ShouldBe(0);
        (await job.Task).Dispose();
        content.Disposals.ShouldBe(1);
    }

    [Fact]
    public void Complete_CallerGaveUp_DisposesTheAnswerToo()
    {
        Tracked memory = new();
        Tracked content = new();
        InferenceJob job = new(new HandlerRequest([], memory: memory));

        job.GiveUp(PredictionError.DeadlineExceeded, "late");
        job.IsAbandoned.ShouldBeTrue();
        memory.Disposals.ShouldBe(0, "a lane may still read it");
        job.Complete(HandlerAnswer.Success(default, memory: content));

        memory.Disposals.ShouldBe(1);
        content.Disposals.ShouldBe(1);
    }

    [Fact]
    public async Task Drop_RequestWithWhatWasDecoded_DisposesBoth()
    {
        Tracked memory = new();
        Tracked decoded = new();
        InferenceJob job = new(new HandlerRequest([], memory: memory) { Decoded = decoded });

        job.Drop();

        memory.Disposals.ShouldBe(1);
        decoded.Disposals.ShouldBe(1);
        (await job.Task).Error.ShouldBe(PredictionError.ClientGone);
    }

    [Fact]
    public async Task BeginAnswer_CallerWaits_GetsThePartsAndTheLastAnswerIsTheirEnd()
    {
        Tracked memory = new();
        InferenceJob job = new(new HandlerRequest([], memory: memory));

        AnswerStream parts = job.Request.BeginAnswer("text/plain", status: new AnswerStatus(202));
        using HandlerAnswer answer = await job.Task;
        parts.Write("first,"u8.ToArray()).ShouldBeTrue();
        memory.Disposals.ShouldBe(0, "the handler may still read the request");
        job.HasBegun.ShouldBeTrue();
        job.Complete(HandlerAnswer.Success("last"u8.ToArray()));

        answer.ContentType.ShouldBe("text/plain");
        answer.Status!.Code.ShouldBe(202);
        List<string> read = [];
        await foreach (ReadOnlyMemory<byte> part in answer.Parts!.ReadAllAsync(CancellationToken.None))
            read.Add(Encoding.UTF8.GetString(part.Span));
        read.ShouldBe(["first,", "last"]);
        memory.Disposals.ShouldBe(1);
    }

    [Fact]
    public void BeginAnswer_CallerHasLeft_TellsTheWriter()
    {
        InferenceJob job = new(new HandlerRequest([]));
        job.GiveUp(PredictionError.ClientGone, "gone");

        AnswerStream parts = job.Request.BeginAnswer();

        parts.Write("x"u8.ToArray()).ShouldBeFalse();
        parts.ReaderGone.IsCancellationRequested.ShouldBeTrue();
        job.Complete(HandlerAnswer.Success("x"u8.ToArray()));
    }

    [Fact]
    public async Task Abandoned_CallerGivesUp_IsCancelled()
    {
        InferenceJob job = new(new HandlerRequest([]));
        CancellationToken abandoned = job.Request.Abandoned;
        abandoned.IsCancellationRequested.ShouldBeFalse();

        job.GiveUp(PredictionError.DeadlineExceeded, "late");

        await CancelledAsync(abandoned);
        job.Request.Abandoned.ShouldBe(abandoned);
        job.Complete(HandlerAnswer.Success("x"u8.ToArray()));
    }

    [Fact]
    public void Abandoned_CallerHasGivenUpBefore_IsCancelled()
    {
        InferenceJob job = new(new HandlerRequest([]));

        job.GiveUp(PredictionError.DeadlineExceeded, "late");

        job.Request.Abandoned.IsCancellationRequested.ShouldBeTrue();
        job.Complete(HandlerAnswer.Success("x"u8.ToArray()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Abandoned_AnswerHasBegun_IsCancelledWhenNobodyReads(bool askedForBefore)
    {
        InferenceJob job = new(new HandlerRequest([]));
        if (askedForBefore)
            _ = job.Request.Abandoned;
        job.Request.BeginAnswer();
        HandlerAnswer answer = await job.Task;
        job.GiveUp(PredictionError.DeadlineExceeded, "the answer has begun: this says nothing");
        job.Request.Abandoned.IsCancellationRequested.ShouldBeFalse();

        answer.Dispose();

        await CancelledAsync(job.Request.Abandoned);
        job.Complete(HandlerAnswer.Success("x"u8.ToArray()));
    }

    private static async Task CancelledAsync(CancellationToken token)
    {
        TaskCompletionSource cancelled = new();
        await using CancellationTokenRegistration told = token.Register(cancelled.SetResult);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private sealed class Tracked : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
