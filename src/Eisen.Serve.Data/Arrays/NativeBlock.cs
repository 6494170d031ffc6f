using System.Buffers;

namespace Eisen.Serve.Data;

/// <summary>
/// A block of native memory, aligned for vector instructions. Arrays live here rather than on the managed heap, where
/// each large one would be a large-object allocation to collect. A pin keeps the block, so that disposing an array
/// never pulls its memory away from a forward, or from a result that shares it. There is no finalizer: it could free the block while a
/// span still reads it, so that a forgotten dispose is a leak, never a corruption.
/// </summary>
internal sealed unsafe class NativeBlock : MemoryManager<byte>
{
    private readonly int length;
    private readonly void* pointer;

    // The owner's, and one for each pin; the last to let go frees.
    private int holds = 1;
    private bool disposed;

    public NativeBlock(int length)
    {
        this.length = length;
        pointer = NativeMemoryPool.Rent(length);
    }

    public int Length => length;

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed), this);
        return new Span<byte>(pointer, length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
        int seen = Volatile.Read(ref holds);
        int expected;
        do
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) || seen == 0, this);
            expected = seen;
            seen = Interlocked.CompareExchange(ref holds, expected + 1, expected);
        }
        while (seen != expected);

        return new MemoryHandle((byte*)pointer + elementIndex, pinnable: this);
    }

    public override void Unpin() => LetGo();

    protected override void Dispose(bool disposing)
    {
        if (!Interlocked.Exchange(ref disposed, true))
            LetGo();
    }

    private void LetGo()
    {
        if (Interlocked.Decrement(ref holds) == 0)
            NativeMemoryPool.Return(pointer, length);
    }
}
