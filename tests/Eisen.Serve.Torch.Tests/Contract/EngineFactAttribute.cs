namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>A test of the engine under test; skipped, and told so, where that engine cannot be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineFactAttribute : FactAttribute
{
    public EngineFactAttribute() => Skip = EngineUnderTest.WhyNot;
}
