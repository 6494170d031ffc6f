namespace Eisen.Serve.Torch;

/// <summary>The kinds of device. The numbers are part of the native binding's ABI.</summary>
public enum TorchDeviceType
{
    /// <summary>The processor.</summary>
    Cpu = 0,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda = 1,
}
