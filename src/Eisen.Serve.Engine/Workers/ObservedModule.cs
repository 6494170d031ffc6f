using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>A worker's view of the shared module, which notes when its forwards run. Disposing it leaves the module alone.</summary>
internal sealed class ObservedModule(IScriptModule module, TimeProvider time) : IScriptModule
{
    public TorchDevice Device => module.Device;

    /// <summary>When the first forward since <see cref="Restart"/> began; 0 when there was none.</summary>
    public long Began { get; private set; }

    /// <summary>When the last one ended; 0 when none has.</summary>
    public long Ended { get; private set; }

    public void Restart() => Began = Ended = 0;

    public ForwardResult Forward(params ReadOnlySpan<TorchValue> inputs)
    {
        long start = time.GetTimestamp();
        if (Began == 0)
            Began = start;
        ForwardResult result = module.Forward(inputs);
        Ended = time.GetTimestamp();
        return result;
    }

    public ModuleDescription Describe() => module.Describe();

    public IScriptModule Optimize(ModuleOptimization kind) => module.Optimize(kind);

    public void Dispose()
    {
        // The version owns the module.
    }
}
