using Eisen.Serve.Torch.LibTorch;

namespace Eisen.Serve.Torch.Tests;

/// <summary>The libtorch engine, which every build that is tested has; one for all tests, as in a server.</summary>
internal static class EngineUnderTest
{
    private static readonly Lazy<LibTorchEngine> Shared = new(() => new LibTorchEngine());

    /// <summary>Why it cannot be had, or null.</summary>
    public static string? WhyNot => null;

    public static ITorchEngine Engine => Shared.Value;
}
