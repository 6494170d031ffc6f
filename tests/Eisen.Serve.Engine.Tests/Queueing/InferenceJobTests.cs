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

    private sealed class Tracked : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
