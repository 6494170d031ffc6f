using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Turns requests into a module's inputs and its outputs into answers. One instance serves all workers of a model
/// version, so it keeps no state between calls and may be called from several threads at once.
/// </summary>
public interface IModelHandler
{
    /// <summary>Files of the archive with TorchScript modules that the handler runs beside the model, as paths below its folder.
    /// Each is loaded once a device, as the model is.</summary>
    IReadOnlyList<string> FurtherModules => [];

    /// <summary>Whether the shapes of <see cref="ExampleInputs"/> are a guess: a module that fails on them is used all the
    /// same.</summary>
    bool ExamplesAreGuessed => false;

    /// <summary>Inputs of the usual shape, on which the module is warmed up and measured before it serves.</summary>
    /// <param name="batchSize">How many requests they stand for; at least 1.</param>
    /// <returns>The arguments of one forward, whose arrays the caller disposes; null when the usual shape is not known.
    /// Numbers that differ from each other tell more about the module than zeros.</returns>
    TorchValue[]? ExampleInputs(int batchSize);

    /// <summary>
    /// Says which requests can share a forward: those with equal keys. Called before the request waits, when batches are
    /// wanted, and not from a worker's thread; what had to be decoded for it may stay in <see cref="HandlerRequest.Decoded"/>.
    /// Never throws for what a client sent: <see cref="Handle(IReadOnlyList{HandlerRequest}, IScriptModule, CancellationToken)"/> tells the client.
    /// </summary>
    /// <returns>The key; null goes with null.</returns>
    object? BatchKey(HandlerRequest request) => null;

    /// <summary>Answers a batch of requests.</summary>
    /// <param name="batch">At least one request.</param>
    /// <param name="module">The model, on the device of the worker that calls.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for any of the answers any more.</param>
    /// <returns>As many answers as requests, in their order. A request that cannot be answered gets an answer that says
    /// so and does not disturb the others.</returns>
    /// <exception cref="Exception">The batch as a whole failed; each of its requests is then tried alone.</exception>
    IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken);

    /// <summary>Answers a batch of requests with further modules; workers call this one.</summary>
    /// <param name="batch">At least one request.</param>
    /// <param name="module">The model, on the device of the worker that calls.</param>
    /// <param name="furtherModules">Those of <see cref="FurtherModules"/>, in its order, on the same device.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for any of the answers any more.</param>
    /// <inheritdoc cref="Handle(IReadOnlyList{HandlerRequest}, IScriptModule, CancellationToken)" path="/returns"/>
    /// <inheritdoc cref="Handle(IReadOnlyList{HandlerRequest}, IScriptModule, CancellationToken)" path="/exception"/>
    IReadOnlyList<HandlerAnswer> Handle(
        IReadOnlyList<HandlerRequest> batch, IScriptModule module, IReadOnlyList<IScriptModule> furtherModules, CancellationToken cancellationToken) =>
        Handle(batch, module, cancellationToken);

    /// <summary>Says why the answer to a request is what it is. A worker asks for one request at a time, as an explanation takes
    /// many forwards.</summary>
    /// <param name="request">The request.</param>
    /// <param name="module">The model, on the device of the worker that calls.</param>
    /// <param name="furtherModules">Those of <see cref="FurtherModules"/>, in its order, on the same device.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for the explanation any more; to be looked at between
    /// forwards.</param>
    /// <returns>The explanation; null from a handler that gives none.</returns>
    /// <exception cref="BadInputException">The client sent something that cannot be explained.</exception>
    /// <exception cref="Exception">It failed.</exception>
    HandlerAnswer? Explain(HandlerRequest request, IScriptModule module, IReadOnlyList<IScriptModule> furtherModules, CancellationToken cancellationToken) => null;
}
