namespace Eisen.Serve.Engine.Tests.Lifecycle;

public sealed class ModelStatusTests
{
    [Theory]
    [InlineData(ModelState.Ready, ModelState.Unloading, ModelState.Unloaded)]
    [InlineData(ModelState.Failed, ModelState.Unloading, ModelState.Unloaded)]
    [InlineData(ModelState.Unloading, ModelState.Unloaded)]
    public void Advance_Forward_IsReached(params ModelState[] states)
    {
        ModelStatus status = new();
        status.State.ShouldBe(ModelState.Loading);
        foreach (ModelState state in states)
        {
            status.Advance(state).ShouldBeTrue();
            status.State.ShouldBe(state);
        }
    }

    [Theory]
    [InlineData(ModelState.Ready, ModelState.Loading)]
    [InlineData(ModelState.Ready, ModelState.Ready)]
    [InlineData(ModelState.Ready, ModelState.Failed)]
    [InlineData(ModelState.Failed, ModelState.Ready)]
    [InlineData(ModelState.Unloading, ModelState.Ready)]
    [InlineData(ModelState.Unloading, ModelState.Failed)]
    [InlineData(ModelState.Unloaded, ModelState.Unloading)]
    public void Advance_BackOrAside_IsIgnored(ModelState reached, ModelState next)
    {
        ModelStatus status = new();
        status.Advance(reached, "the reason");

        status.Advance(next, "another").ShouldBeFalse();

        status.State.ShouldBe(reached);
        status.Reason.ShouldBe("the reason");
    }

    [Fact]
    public void Advance_FailedThenUnloaded_KeepsTheReason()
    {
        ModelStatus status = new();
        status.Advance(ModelState.Failed, "no such file");
        status.Advance(ModelState.Unloaded);

        status.Reason.ShouldBe("no such file");
    }
}
