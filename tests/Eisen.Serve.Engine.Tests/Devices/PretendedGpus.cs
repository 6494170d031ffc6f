using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine.Tests.Devices;

/// <summary>An engine that says it has GPUs, whose modules run on the real engine's CPU; the memory of one of the GPUs does not
/// suffice for an input of more than so many elements.</summary>
internal sealed class PretendedGpus(ITorchEngine cpu, int count) : ITorchEngine
{
    /// <summary>The GPU whose memory is small.</summary>
    public TorchDevice? Small { get; init; }

    /// <summary>How many elements it has memory for.</summary>
    public int MostElements { get; init; }

    public string Name => cpu.Name;

    public string Version => cpu.Version;

    public IReadOnlyList<TorchDevice> Devices { get; } =
        [TorchDevice.Cpu, .. Enumerable.Range(0, count).Select(index => new TorchDevice(TorchDeviceType.Cuda, index))];

    public IReadOnlyList<string> Warnings => [];

    public void SetIntraOpThreads(int threads) => cpu.SetIntraOpThreads(threads);

    public IScriptModule Load(string path, TorchDevice device) => new Module(this, cpu.Load(path, TorchDevice.Cpu), device);

    private sealed class Module(PretendedGpus gpus, IScriptModule module, TorchDevice device) : IScriptModule
    {
        public TorchDevice Device => device;

        public ForwardResult Forward(params ReadOnlySpan<TorchValue> inputs)
        {
            if (device == gpus.Small && ((TorchValue.Tensor)inputs[0]).Array.ElementCount > gpus.MostElements)
                throw new TorchException("CUDA out of memory. Tried to allocate 20.00 MiB.", device);
            return module.Forward(inputs);
        }

        public ModuleDescription Describe() => module.Describe();

        public IScriptModule Optimize(ModuleOptimization kind) => throw new TorchException("It is not optimized here.");

        public void Dispose() => module.Dispose();
    }
}
