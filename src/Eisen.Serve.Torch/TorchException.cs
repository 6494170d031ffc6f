namespace Eisen.Serve.Torch;

/// <summary>
/// Torch refused or failed. The message is libtorch's own, whole: for a module that raised it includes the TorchScript
/// traceback with the Python source line.
/// </summary>
/// <param name="message">libtorch's text.</param>
/// <param name="exhausted">The device whose memory did not suffice; null when it was for another reason.</param>
public sealed class TorchException(string message, TorchDevice? exhausted = null) : Exception(message)
{
    /// <summary>The device whose memory did not suffice, which for the CPU is the machine's; null when it was for another
    /// reason.</summary>
    public TorchDevice? Exhausted => exhausted;

    /// <summary>Whether the library itself is not there or cannot be loaded: nothing of it is in the process.</summary>
    public bool IsNotLoaded { get; init; }

    /// <summary>Whether memory, of the machine or of the device, did not suffice.</summary>
    public bool OutOfMemory => exhausted is not null;
}
