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
        (await job.Answer).Dispose();
        content.Disposals.ShouldBe(1);
    }

    [Fact]
    public void Complete_CallerGaveUp_DisposesTheAnswerToo()
    {
        Tracked memory = new();
        Tracked content = new();
        InferenceJob job = new(new HandlerRequest([], memory: memory));

        job.Abandon();
        job.IsAbandoned.ShouldBeTrue();
        memory.Disposals.ShouldBe(0, "a lane may still read it");
        job.Complete(HandlerAnswer.Success(default, memory: content));

        memory.Disposals.ShouldBe(1);
        content.Disposals.ShouldBe(1);
    }

    [Fact]
    public void Abandon_AnswerCameAtTheSameMoment_DisposesIt()
    {
        Tracked content = new();
        InferenceJob job = new(new HandlerRequest([]));

        job.Complete(HandlerAnswer.Success(default, memory: content));
        job.Abandon();

        content.Disposals.ShouldBe(1);
    }

    [Fact]
    public void Drop_RequestWithWhatWasDecoded_DisposesBoth()
    {
        Tracked memory = new();
        Tracked decoded = new();
        InferenceJob job = new(new HandlerRequest([], memory: memory) { Decoded = decoded });

        job.Drop();

        memory.Disposals.ShouldBe(1);
        decoded.Disposals.ShouldBe(1);
        job.Answer.IsCanceled.ShouldBeTrue();
    }

    private sealed class Tracked : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
