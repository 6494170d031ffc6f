using System.Buffers;
using Eisen.Serve.Data;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>The memory of a forward's tensors, pinned where it is. Most forwards have one: the others alone need an array.</summary>
/// <param name="count">How many there will be.</param>
internal unsafe struct PinnedTensors(int count) : IDisposable
{
    private readonly MemoryHandle[] others = count > 1 ? new MemoryHandle[count - 1] : [];
    private MemoryHandle first;
    private int pinned;

    /// <summary>Pins one more.</summary>
    /// <returns>Where its elements are.</returns>
    public void* Pin(NDArray array)
    {
        MemoryHandle pin = array.Memory.Pin();
        if (pinned == 0)
            first = pin;
        else
            others[pinned - 1] = pin;
        pinned++;
        return pin.Pointer;
    }

    /// <summary>Lets go of them; once.</summary>
    public void Dispose()
    {
        first.Dispose();
        for (int i = 0; i < pinned - 1; i++)
            others[i].Dispose();
        pinned = 0;
    }
}
