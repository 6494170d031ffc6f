namespace Eisen.Serve.Torch;

/// <summary>A place where a module's weights live and its forward runs.</summary>
/// <param name="Type">CPU or CUDA.</param>
/// <param name="Index">Which of the CUDA devices, from 0; 0 for the CPU.</param>
public readonly record struct TorchDevice(TorchDeviceType Type, int Index)
{
    /// <summary>The CPU.</summary>
    public static readonly TorchDevice Cpu = new(TorchDeviceType.Cpu, 0);

    /// <summary>The name that torch uses: <c>cpu</c>, <c>cuda:0</c>.</summary>
    public override string ToString() => Type == TorchDeviceType.Cpu ? "cpu" : $"cuda:{Index}";
}
