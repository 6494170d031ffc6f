using Eisen.Serve.Configuration;
using Eisen.Serve.Hosting;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Tests.Hosting;

public sealed class ReadinessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly ManualTime time = new();
    private readonly RequestsUnderWay underWay = new();

    [Fact]
    public void StoppingAsync_NothingUnderWay_EndsAtOnce()
    {
        Readiness readiness = Create(seconds: 100);
        readiness.IsStopping.ShouldBeFalse();

        readiness.StoppingAsync(CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();

        readiness.IsStopping.ShouldBeTrue();
    }

    [Fact]
    public void EndStart_ModelsAreThere_IsTheEndOfStarting()
    {
        Readiness readiness = Create(seconds: 100);
        readiness.IsStarting.ShouldBeTrue();

        readiness.EndStart();

        readiness.IsStarting.ShouldBeFalse();
    }

    [Fact]
    public async Task StoppingAsync_RequestsUnderWay_SaysSoFirstAndEndsWithTheLastOfThem()
    {
        Readiness readiness = Create(seconds: 100);
        underWay.Begin();
        underWay.Begin();

        Task stopping = readiness.StoppingAsync(CancellationToken.None);
        readiness.IsStopping.ShouldBeTrue();
        await PassAsync(stopping);
        underWay.End(wasAborted: false);
        await PassAsync(stopping);
        await UntilAsync(() => time.Pending > 0);
        stopping.IsCompleted.ShouldBeFalse();
        underWay.End(wasAborted: false);
        await PassAsync(stopping);

        await stopping.WaitAsync(Patience);
    }

    [Fact]
    public async Task StoppingAsync_RequestThatDoesNotEnd_WaitsForAsLongAsIsAllowed()
    {
        underWay.Begin();
        Task stopping = Create(seconds: 1).StoppingAsync(CancellationToken.None);

        int steps = 0;
        for (; !stopping.IsCompleted; steps++)
            await PassAsync(stopping);

        await stopping;
        steps.ShouldBe(50);
        underWay.Count.ShouldBe(1);
    }

    [Fact]
    public void StoppingAsync_NoTimeAllowed_EndsAtOnce()
    {
        underWay.Begin();

        Create(seconds: 0).StoppingAsync(CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task StoppingAsync_HostIsTiredOfIt_Ends()
    {
        underWay.Begin();
        using CancellationTokenSource tired = new();
        Task stopping = Create(seconds: 100).StoppingAsync(tired.Token);
        await PassAsync(stopping);
        await UntilAsync(() => time.Pending > 0);

        tired.Cancel();
        await PassAsync(stopping);

        await stopping.WaitAsync(Patience);
    }

    private Readiness Create(int seconds) =>
        new(underWay, new ServerSettings { LogFolder = "/nowhere", GracefulShutdownTimeout = TimeSpan.FromSeconds(seconds) }, time);

    // One look at the requests under way.
    private async Task PassAsync(Task stopping)
    {
        await UntilAsync(() => time.Pending > 0 || stopping.IsCompleted);
        time.Advance(Step);
        await UntilAsync(() => time.Pending > 0 || stopping.IsCompleted);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!condition())
        {
            Environment.TickCount64.ShouldBeLessThan(deadline, "what was waited for did not happen");
            await Task.Delay(1);
        }
    }
}
