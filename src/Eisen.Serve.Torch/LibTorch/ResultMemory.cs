using System.Buffers;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>A returned tensor's elements, read where libtorch put them; gone when the result is.</summary>
internal sealed unsafe class ResultMemory(NativeResult result, void* pointer, int length) : MemoryManager<byte>
{
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(result.IsDisposed, this);
        return new Span<byte>(pointer, length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
        // A pin holds the result, so that a tensor can be handed on to another forward.
        result.Hold();
        return new MemoryHandle((byte*)pointer + elementIndex, pinnable: this);
    }

    public override void Unpin() => result.LetGo();

    protected override void Dispose(bool disposing)
    {
        // The result owns the memory.
    }
}
