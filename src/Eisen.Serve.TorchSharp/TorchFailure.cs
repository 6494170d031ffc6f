using System.Runtime.InteropServices;
using Eisen.Serve.Torch;

namespace Eisen.Serve.TorchSharp;

/// <summary>Turns TorchSharp's exceptions into the one that crosses the seam.</summary>
internal static class TorchFailure
{
    private const string Backtrace = "\nException raised from ";

    // libtorch's texts: it has no type for it that survives the TorchScript interpreter.
    private static readonly string[] MemoryTexts = ["DefaultCPUAllocator: ", "CUDA out of memory", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED"];

    /// <summary>Runs what may fail in TorchSharp.</summary>
    /// <exception cref="TorchException">It failed.</exception>
    public static T Translated<T>(Func<T> action, TorchDevice device)
    {
        try
        {
            return action();
        }
        // ExternalException is libtorch's own; the others are TorchSharp's refusals.
        catch (Exception failure) when (failure is ExternalException or NotImplementedException or InvalidOperationException and not ObjectDisposedException or ArgumentException or NotSupportedException)
        {
            // Without the C++ backtrace, which tells a user nothing; TorchScript's own traceback is in the text.
            int end = failure.Message.IndexOf(Backtrace, StringComparison.Ordinal);
            string text = end < 0 ? failure.Message : failure.Message[..end];
            throw new TorchException(text, MemoryTexts.Any(part => text.Contains(part, StringComparison.Ordinal)) ? device : null);
        }
    }
}
