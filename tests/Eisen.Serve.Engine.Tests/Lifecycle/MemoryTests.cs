using Eisen.Serve.Testing;

namespace Eisen.Serve.Engine.Tests.Lifecycle;

[Collection(MemoryCollection.Name)]
public sealed class MemoryTests : IDisposable
{
    private const long WeightBytes = 46_000_000;

    private static readonly string Body = $"[{string.Join(',', Enumerable.Repeat("0.5", 1150))}]";

    private readonly Models models = new();

    [Fact]
    public async Task LoadAsync_FourWorkers_ShareOneCopyOfTheWeights()
    {
        // The first forward brings torch's own memory; it is not what is measured here.
        ModelVersion small = await models.LoadAsync(models.Pack("linear", workers: 4));
        await small.AskAsync("[1,2,3,4]");
        ModelConfig config = models.Pack("weights46mb", workers: 4);
        long before = ResidentMemory.Bytes();

        ModelVersion version = await models.LoadAsync(config);
        for (int i = 0; i < 32; i++)
            (await version.AskAsync(Body)).Text().Length.ShouldBeGreaterThan(10_000);

        (ResidentMemory.Bytes() - before).ShouldBeLessThan(2 * WeightBytes);
    }

    [Fact]
    public async Task UnloadAsync_20LoadsAndUnloads_LeaveNoMemory()
    {
        ModelConfig config = models.Pack("weights46mb", workers: 2);
        long afterThird = 0;
        for (int round = 1; round <= 20; round++)
        {
            ModelVersion version = await models.LoadAsync(config);
            (await version.AskAsync(Body)).Text().ShouldStartWith("[");
            await models.Reconciler.UnloadAsync(version, Models.Patience);
            if (round == 3)
                afterThird = ResidentMemory.Bytes();
        }

        (ResidentMemory.Bytes() - afterThird).ShouldBeLessThan(60_000_000);
        models.Unpacked.ShouldBeEmpty();
    }

    public void Dispose() => models.Dispose();
}
