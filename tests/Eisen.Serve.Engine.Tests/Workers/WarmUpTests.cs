namespace Eisen.Serve.Engine.Tests.Workers;

public sealed class WarmUpTests
{
    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(2, new[] { 1, 2 })]
    [InlineData(3, new[] { 1, 2, 3 })]
    [InlineData(8, new[] { 1, 2, 4, 8 })]
    [InlineData(20, new[] { 1, 2, 4, 8, 16, 20 })]
    [InlineData(32, new[] { 1, 2, 4, 8, 16, 32 })]
    [InlineData(1000, new[] { 1, 2, 4, 8, 16, 32 })]
    public void Sizes_BatchSize_AreThePowersOfTwoUpToIt(int batchSize, int[] sizes) =>
        WarmUp.Sizes(batchSize).ShouldBe(sizes);
}
