using Eisen.Serve.Torch;
using Eisen.Serve.Torch.LibTorch;
#if TORCHSHARP
using Eisen.Serve.TorchSharp;
#endif

namespace Eisen.Serve.Engines;

/// <summary>Opens the engine that was chosen. There is one in a process: two versions of libtorch do not bear each other.</summary>
internal static class TorchEngines
{
    /// <summary>Opens it.</summary>
    /// <exception cref="TorchException">It is not in this build, or cannot be used; of <see cref="TorchEngineChoice.Auto"/>: libtorch is there and cannot be used, or none is there.</exception>
    public static ITorchEngine Open(TorchEngineChoice choice) => choice switch
    {
        TorchEngineChoice.LibTorch => new LibTorchEngine(),
        TorchEngineChoice.TorchSharp => OpenTorchSharp(),
        _ => OpenFirst(),
    };

    private static ITorchEngine OpenFirst()
    {
        try
        {
            return new LibTorchEngine();
        }
        catch (TorchException missing) when (missing.IsNotLoaded)
        {
            try
            {
                return OpenTorchSharp();
            }
            catch (TorchException alsoMissing)
            {
                throw new TorchException($"{missing.Message.TrimEnd('.')}; {alsoMissing.Message}");
            }
        }
    }

#if TORCHSHARP
    private static TorchSharpEngine OpenTorchSharp() => new();
#else
    private static LibTorchEngine OpenTorchSharp() =>
        throw new TorchException("TorchSharp is not in this build: its package was not to be had. docs/engines.md tells how to build it.");
#endif
}
