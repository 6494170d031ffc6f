using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>What a forward returned, with the memory that its tensors lie in; dispose it when they have been read.</summary>
/// <param name="value">The returned tree. Its arrays are contiguous, in the machine's own memory, and borrowed from this output.</param>
/// <param name="memory">Disposed with it; null when it needs no disposal.</param>
public sealed class ModuleOutput(TorchValue value, IDisposable? memory = null) : IDisposable
{
    /// <summary>The returned tree.</summary>
    public TorchValue Value => value;

    /// <summary>The one tensor of a module that returns one, with the dimension of the batch.</summary>
    /// <exception cref="InvalidOperationException">The module returned something else.</exception>
    public NDArray Array => value is TorchValue.Tensor tensor
        ? tensor.Array
        : throw new InvalidOperationException($"The module returned a {value.GetType().Name.ToLowerInvariant()}, not a tensor.");

    /// <inheritdoc/>
    public void Dispose() => memory?.Dispose();
}
