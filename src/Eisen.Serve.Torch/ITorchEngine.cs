namespace Eisen.Serve.Torch;

/// <summary>
/// What the server needs of torch: the devices, and modules loaded on them. Nothing else in the project knows which
/// library answers: the libtorch engine, or the TorchSharp engine. Safe to call from any thread.
/// </summary>
public interface ITorchEngine
{
    /// <summary>The engine's name for logs and status: <c>libtorch</c> or <c>torchsharp</c>.</summary>
    string Name { get; }

    /// <summary>The version of the libtorch underneath, for example <c>1.13.1</c>.</summary>
    string Version { get; }

    /// <summary>The devices that modules can be loaded on; the CPU is always the first.</summary>
    IReadOnlyList<TorchDevice> Devices { get; }

    /// <summary>What about the installation makes models slower than they have to be: for each thing a text that says what it
    /// is and what to do. Empty where all is well.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>Sets how many threads one operator may use when the calling thread runs it.</summary>
    /// <param name="count">At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    void SetIntraOpThreads(int count);

    /// <summary>Loads a TorchScript module for inference.</summary>
    /// <param name="path">A file that <c>torch.jit.save</c> wrote.</param>
    /// <param name="device">The device that its weights are put on.</param>
    /// <exception cref="TorchException">The file is not a TorchScript module, needs operators that this libtorch
    /// lacks, or does not fit into the device's memory; the text is libtorch's own.</exception>
    IScriptModule Load(string path, TorchDevice device);
}
