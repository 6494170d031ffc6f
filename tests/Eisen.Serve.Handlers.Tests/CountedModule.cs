using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests;

/// <summary>A fixture module that keeps count of what it is given, and of which of its results are gone.</summary>
internal sealed class CountedModule(string fixture) : IScriptModule
{
    private readonly IScriptModule module = Modules.LoadFixture(fixture);
    private readonly List<string> inputs = [];
    private int resultsDisposed;

    /// <summary>What it was given, each as dtype and shape.</summary>
    public IReadOnlyList<string> Inputs => inputs;

    public int ResultsDisposed => resultsDisposed;

    public TorchDevice Device => module.Device;

    public ForwardResult Forward(params ReadOnlySpan<TorchValue> inputs)
    {
        this.inputs.Add(((TorchValue.Tensor)inputs[0]).Array.ToString());
        ForwardResult result = module.Forward(inputs);
        return new ForwardResult(result.Value, new Counter(this, result));
    }

    public ModuleDescription Describe() => module.Describe();

    public IScriptModule Optimize(ModuleOptimization kind) => throw new NotSupportedException();

    public void Dispose() => module.Dispose();

    private sealed class Counter(CountedModule counted, ForwardResult result) : IDisposable
    {
        public void Dispose()
        {
            counted.resultsDisposed++;
            result.Dispose();
        }
    }
}
