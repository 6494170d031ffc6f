using System.Runtime.InteropServices;
using Eisen.Serve.Torch;
using Eisen.Serve.TorchSharp.Scripts;

namespace Eisen.Serve.TorchSharp;

/// <summary>
/// Loads libtorch and TorchSharp's library over it by their full paths, before anything touches torch. They are not copied beside the
/// program, and TorchSharp's own search would copy them there.
/// </summary>
internal static class NativeLibraries
{
    /// <summary>Names a folder whose libraries go before all others: those of a TorchSharp built by hand, for example.</summary>
    public const string FolderVariable = "TORCHSHARP_NATIVE";

    // In the order in which they need each other. What is there already is found by its name when the next one, or TorchSharp,
    // asks for it.
    private static readonly (string File, bool IsNeeded)[] Libraries =
        [("libtorch_cpu.so", true), ("libtorch_cuda.so", false), ("libtorch.so", true), ("libLibTorchSharp.so", true)];

    /// <summary>Loads them all.</summary>
    /// <returns>What tells which operators there are; null where it cannot be told.</returns>
    /// <exception cref="TorchException">One is missing, or cannot be loaded.</exception>
    public static OperatorRegistry? Load()
    {
        string[] folders = [.. Folders()];
        OperatorRegistry? operators = null;
        foreach ((string file, bool isNeeded) in Libraries)
        {
            string? path = folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
            if (path is null && isNeeded)
                throw new TorchException($"TorchSharp cannot be loaded: there is no {file} in {(folders.Length > 0 ? string.Join(" or ", folders) : "any folder")}.");
            if (path is null)
                continue;
            nint library = Load(path);
            operators ??= OperatorRegistry.Find(library);
        }

        return operators;
    }

    private static nint Load(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException failure)
        {
            // The runtime's advice comes first, and the loader's reason last.
            string reason = failure.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];
            string advice = reason.Contains("GLIBC", StringComparison.Ordinal) ? "; it needs a newer system, such as Debian 13 or Ubuntu 24.04" : "";
            throw new TorchException($"TorchSharp cannot be loaded: {reason}{advice}");
        }
    }

    private static IEnumerable<string> Folders()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } own)
            yield return own;
        string published = Path.Combine(AppContext.BaseDirectory, "torchsharp");
        if (Directory.Exists(published))
            yield return published;
        string noted = Path.Combine(AppContext.BaseDirectory, "torchsharp-native.txt");
        if (File.Exists(noted))
            yield return File.ReadAllText(noted).Trim();
    }
}
