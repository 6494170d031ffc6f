using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>The archive's TorchScript module, as a handler sees it. It belongs to the worker that calls, and is good until that call returns.</summary>
public interface IHandlerModule
{
    /// <summary>Where the weights are: <c>cpu</c>, or <c>cuda:0</c> and so on.</summary>
    string Device { get; }

    /// <summary>Runs the module's <c>forward</c>, without gradients.</summary>
    /// <param name="inputs">The arguments in order; those left out take their default. Tensors are not copied on the CPU: a module that works in
    /// place changes them.</param>
    /// <returns>What forward returned; dispose it when it has been read.</returns>
    /// <exception cref="Exception">The arguments do not fit the module's signature, the module raised, or memory ran out; the message is libtorch's. Let
    /// it pass, and the request fails with the right error.</exception>
    ModuleOutput Forward(params ReadOnlySpan<TorchValue> inputs);
}
