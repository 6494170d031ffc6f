using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine.Tests.Optimization;

/// <summary>A module that answers its input plus something, after as long as it is told to take.</summary>
internal sealed class TimedModule(SteppingTime time, params double[] milliseconds) : IScriptModule
{
    public int Runs { get; private set; }

    public int Disposals { get; private set; }

    /// <summary>What it adds to each number.</summary>
    public Func<float, float> Error { get; init; } = _ => 0;

    /// <summary>What it becomes; libtorch refuses what is not in here.</summary>
    public Dictionary<ModuleOptimization, TimedModule> Optimized { get; init; } = [];

    public Action<int>? OnRun { get; init; }

    public TorchDevice Device => TorchDevice.Cpu;

    public ForwardResult Forward(params ReadOnlySpan<TorchValue> inputs)
    {
        ObjectDisposedException.ThrowIf(Disposals > 0, this);
        time.Pass(TimeSpan.FromMilliseconds(milliseconds[Runs % milliseconds.Length]));
        Runs++;
        OnRun?.Invoke(Runs);
        ReadOnlySpan<float> given = ((TorchValue.Tensor)inputs[0]).Array.AsSpan<float>();
        NDArray answer = NDArray.Copy(given, given.Length);
        foreach (ref float element in answer.AsSpan<float>())
            element += Error(element);
        return new ForwardResult(new TorchValue.Tensor(answer), answer);
    }

    public ModuleDescription Describe() => throw new NotSupportedException();

    public IScriptModule Optimize(ModuleOptimization kind) =>
        Optimized.TryGetValue(kind, out TimedModule? module) ? module : throw new TorchException("cannot be done\nat a place");

    public void Dispose() => Disposals++;
}
