using Eisen.Serve.Data;

namespace Eisen.Serve.Torch;

/// <summary>What a forward returned, with the memory that its tensors lie in; dispose it when they have been read.</summary>
/// <param name="value">The returned tree. Its arrays are on the CPU, contiguous, and borrowed from this result.</param>
/// <param name="memory">Released when the result is disposed.</param>
public sealed class ForwardResult(TorchValue value, IDisposable memory) : IDisposable
{
    /// <summary>The returned tree.</summary>
    public TorchValue Value => value;

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}
