namespace Eisen.Serve.Torch;

/// <summary>
/// Torch refused or failed. The message is libtorch's own, whole: for a module that raised it includes the TorchScript
/// traceback with the Python source line.
/// </summary>
/// <param name="message">libtorch's text.</param>
/// <param name="outOfMemory">Whether it was for lack of memory.</param>
public sealed class TorchException(string message, bool outOfMemory = false) : Exception(message)
{
    /// <summary>Whether memory, of the machine or of the device, did not suffice.</summary>
    public bool OutOfMemory => outOfMemory;
}
