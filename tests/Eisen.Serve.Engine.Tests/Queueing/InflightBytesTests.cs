namespace Eisen.Serve.Engine.Tests.Queueing;

public sealed class InflightBytesTests
{
    [Fact]
    public void TryTake_UpToTheLimit_ThenRefusesUntilSomeAreGivenBack()
    {
        InflightBytes inflight = new(100);

        inflight.TryTake(60).ShouldBeTrue();
        inflight.TryTake(41).ShouldBeFalse();
        inflight.TryTake(40).ShouldBeTrue();
        inflight.Taken.ShouldBe(100);
        inflight.Give(60);
        inflight.TryTake(60).ShouldBeTrue();
    }

    [Fact]
    public void TryTake_AbsurdCount_DoesNotOverflow() => new InflightBytes(100).TryTake(long.MaxValue).ShouldBeFalse();

    [Fact]
    public void TryTake_ManyThreads_NeverExceedsTheLimit()
    {
        InflightBytes inflight = new(10);
        int most = 0;

        Parallel.For(0, 20_000, _ =>
        {
            if (!inflight.TryTake(3))
                return;
            int seen = (int)inflight.Taken;
            for (int before = most; seen > before && Interlocked.CompareExchange(ref most, seen, before) != before; before = most)
            {
            }

            inflight.Give(3);
        });

        most.ShouldBeInRange(3, 10);
        inflight.Taken.ShouldBe(0);
    }

    [Fact]
    public void DefaultLimit_IsAQuarterOfTheMemory() =>
        InflightBytes.DefaultLimit.ShouldBe(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);
}
