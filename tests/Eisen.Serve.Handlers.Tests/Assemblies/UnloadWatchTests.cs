using Eisen.Serve.Testing;

namespace Eisen.Serve.Handlers.Tests.Assemblies;

public sealed class UnloadWatchTests
{
    private readonly CollectingLogger<UnloadWatchTests> logger = new();
    private readonly ManualTime time = new();

    [Fact]
    public void Add_SomethingThatStays_IsToldInTheEnd()
    {
        object held = new();
        UnloadWatch watch = new(time, logger);

        watch.Add("brain 1.0", "Acme.BrainHandler", new WeakReference(held));
        for (int i = 0; i < UnloadWatch.MostLooks - 1; i++)
            Look();
        logger.Messages.ShouldBeEmpty();
        Look();

        logger.Messages.ShouldHaveSingleItem().ShouldStartWith("Warning: Model brain 1.0: the assemblies of the handler Acme.BrainHandler stay in memory: 10 s after");
        GC.KeepAlive(held);
    }

    [Fact]
    public void Add_SomethingThatHasGone_IsTold()
    {
        UnloadWatch watch = new(time, logger);

        watch.Add("brain 1.0", "Acme.BrainHandler", new WeakReference(null));
        Look();

        logger.Messages.ShouldHaveSingleItem().ShouldBe("Information: Model brain 1.0: the assemblies of the handler Acme.BrainHandler are unloaded.");
    }

    // Each look sets the time for the next one, or says something.
    private void Look()
    {
        time.Advance(UnloadWatch.LookInterval);
        SpinWait.SpinUntil(() => time.Pending == 1 || logger.Messages.Count > 0, TimeSpan.FromSeconds(60)).ShouldBeTrue();
    }
}
