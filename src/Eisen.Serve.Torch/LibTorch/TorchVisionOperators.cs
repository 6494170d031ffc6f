using System.Runtime.InteropServices;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>
/// The operators that torchvision adds to libtorch: its detection networks use <c>torchvision::nms</c> and
/// <c>torchvision::roi_align</c>. They are in a library that makes them known by being loaded, which is done when a module asks
/// for one: <c>TORCHVISION</c> in the environment names it, else it is <c>libtorchvision.so</c>, or the one in Debian's
/// python3-torchvision where the libtorch is Debian's, too. Python is not needed to run them.
/// </summary>
internal static class TorchVisionOperators
{
    private const string Variable = "TORCHVISION";
    private const string DebiansFolder = "/usr/lib/python3/dist-packages/torchvision";

    /// <summary>Whether a module could not be loaded for want of them.</summary>
    public static bool AreMissing(TorchException failure) =>
        failure.Message.Contains("torchvision::", StringComparison.Ordinal) && failure.Message.Contains("Unknown builtin op", StringComparison.Ordinal);

    /// <summary>Makes them known.</summary>
    /// <param name="missing">What failed without them.</param>
    /// <exception cref="TorchException">There is no such library, or none that fits the libtorch; the message says what to do.</exception>
    public static void Load(TorchException missing)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            if (!NativeLibrary.TryLoad(named, out _))
                throw new TorchException($"the module uses torchvision's operators, and {Variable}={named} cannot be loaded. {missing.Message}");
            return;
        }

        if (!NativeLibrary.TryLoad("libtorchvision.so", out _) && !LoadDebians())
            throw new TorchException($"the module uses torchvision's operators, which this libtorch lacks: install python3-torchvision beside Debian's libtorch, or name the library that has them in {Variable}. {missing.Message}");
    }

    // Beside another libtorch it would bring Debian's into the process, and two of them do not go together.
    private static bool LoadDebians() =>
        Directory.Exists(DebiansFolder)
        && File.ReadLines("/proc/self/maps").Any(line => line.Contains(" /usr/lib/", StringComparison.Ordinal) && line.Contains("/libtorch_cpu.so", StringComparison.Ordinal))
        && Directory.EnumerateFiles(DebiansFolder, "_C.*.so").Any(file => NativeLibrary.TryLoad(file, out _));
}
