#if TORCHSHARP
using Eisen.Serve.TorchSharp;
#endif

namespace Eisen.Serve.Torch.Tests;

/// <summary>The TorchSharp engine, where its package could be restored and its native library loads; one for all tests, as in a
/// server.</summary>
internal static class EngineUnderTest
{
#if TORCHSHARP
    private static readonly Lazy<(ITorchEngine? Engine, string? WhyNot)> Opened = new(() =>
    {
        try
        {
            return (new TorchSharpEngine(), null);
        }
        catch (TorchException failure) when (failure.Message.StartsWith("TorchSharp cannot be loaded", StringComparison.Ordinal))
        {
            return (null, failure.Message);
        }
    });
#else
    private static readonly Lazy<(ITorchEngine? Engine, string? WhyNot)> Opened =
        new((null, "TorchSharp is not in this build: its package could not be restored (artifacts/torchsharp-restore.log)."));
#endif

    /// <summary>Why it cannot be had, or null.</summary>
    public static string? WhyNot => Opened.Value.WhyNot;

    public static ITorchEngine Engine => Opened.Value.Engine!;
}
