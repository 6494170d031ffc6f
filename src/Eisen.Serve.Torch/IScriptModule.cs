using Eisen.Serve.Data;

namespace Eisen.Serve.Torch;

/// <summary>
/// A TorchScript module on a device, in evaluation mode. Any number of threads may run <see cref="Forward"/> at the
/// same time on the one copy of the weights. Disposing it while a forward runs is safe: the weights go when the last
/// one has returned.
/// </summary>
public interface IScriptModule : IDisposable
{
    /// <summary>Where the weights are.</summary>
    TorchDevice Device { get; }

    /// <summary>Runs the module's <c>forward</c>, without gradients.</summary>
    /// <param name="inputs">The arguments in order; those left out take their default. A module that works in place may change
    /// the caller's tensors: not every engine copies them.</param>
    /// <returns>What forward returned. It may share memory with the inputs. An array that
    /// owns native memory may be disposed before the result is; other memory must stay until then.</returns>
    /// <exception cref="TorchException">The arguments do not fit the module's signature, the module raised, an operator
    /// failed, memory ran out, or the result holds something that has no place in a <see cref="TorchValue"/>.</exception>
    /// <exception cref="ObjectDisposedException">The module, or an array among the inputs, has been disposed.</exception>
    ForwardResult Forward(params ReadOnlySpan<TorchValue> inputs);

    /// <summary>Tells what the module takes, gives and does.</summary>
    /// <exception cref="TorchException">libtorch cannot write the module's code as text.</exception>
    /// <exception cref="ObjectDisposedException">The module has been disposed.</exception>
    ModuleDescription Describe();

    /// <summary>
    /// Makes a second module that should give the same answers faster; whether it does is for the caller to compare. This
    /// one stays as it is. They share the weights that the optimization leaves alone; each is disposed on its own.
    /// </summary>
    /// <exception cref="TorchException">libtorch cannot do that to this module, or the module's forward may change its
    /// own attributes: it keeps state between calls, which the two would have to share.</exception>
    /// <exception cref="ObjectDisposedException">The module has been disposed.</exception>
    IScriptModule Optimize(ModuleOptimization kind);
}
