namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>A theory about the engine under test; skipped, and told so, where that engine cannot be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineTheoryAttribute : TheoryAttribute
{
    public EngineTheoryAttribute() => Skip = EngineUnderTest.WhyNot;
}
