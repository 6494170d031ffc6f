using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Turns requests into a module's inputs and its outputs into answers. One instance serves all workers of a model
/// version, so it keeps no state between calls and may be called from several threads at once.
/// </summary>
public interface IModelHandler
{
    /// <summary>Runs the module once on an input of the usual shape, so that the first request finds it compiled. Does
    /// nothing when the usual shape is not known.</summary>
    /// <exception cref="TorchException">The module failed on the input.</exception>
    void WarmUp(IScriptModule module);

    /// <summary>Answers a batch of requests.</summary>
    /// <param name="batch">At least one request.</param>
    /// <param name="module">The model, on the device of the worker that calls.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for any of the answers any more.</param>
    /// <returns>As many answers as requests, in their order. A request that cannot be answered gets an answer that says
    /// so and does not disturb the others.</returns>
    IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken);
}
