using Eisen.Serve.Data;

namespace Eisen.Serve.Torch;

/// <summary>
/// What a forward returned, with the memory that its tensors lie in; dispose it when they have been read. Several answers may point
/// into it, each a holder of its own: the memory goes with the last of them.
/// </summary>
/// <param name="value">The returned tree. Its arrays are on the CPU, contiguous, and borrowed from this result.</param>
/// <param name="memory">Released when the result is disposed.</param>
public sealed class ForwardResult(TorchValue value, IDisposable memory) : IDisposable
{
    private int holders = 1;

    /// <summary>The returned tree.</summary>
    public TorchValue Value => value;

    /// <summary>Adds a holder.</summary>
    /// <returns>What the holder disposes, once.</returns>
    public IDisposable Share()
    {
        Interlocked.Increment(ref holders);
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref holders) == 0)
            memory.Dispose();
    }
}
