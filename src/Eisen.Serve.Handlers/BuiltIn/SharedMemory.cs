using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>The result of a forward, held by several answers that point into it: it goes with the last of them.</summary>
internal sealed class SharedMemory : IDisposable
{
    private readonly ForwardResult result;
    private int holders = 1;

    /// <param name="result">The result; it belongs to this object from here on.</param>
    /// <param name="output">The returned tree.</param>
    public SharedMemory(ForwardResult result, out TorchValue output)
    {
        this.result = result;
        output = result.Value;
    }

    /// <summary>Adds a holder.</summary>
    /// <returns>What the holder disposes, once.</returns>
    public IDisposable Share()
    {
        Interlocked.Increment(ref holders);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref holders) == 0)
            result.Dispose();
    }
}
