using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Eisen.Serve.TorchSharp.Values;

/// <summary>A returned tensor's elements, read where libtorch put them: its <c>data</c> would copy element by element. The bytes do
/// not keep the tensor; this does, through the result that owns it.</summary>
internal sealed unsafe class TensorMemory : MemoryManager<byte>
{
    private readonly ResultTensors owner;
    private readonly byte* pointer;
    private readonly int length;

    /// <param name="owner">What owns the tensor.</param>
    /// <param name="tensor">A contiguous tensor on the CPU.</param>
    public TensorMemory(ResultTensors owner, torch.Tensor tensor)
    {
        this.owner = owner;
        Span<byte> bytes = tensor.bytes;
        pointer = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        length = bytes.Length;
    }

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(owner.Use.IsDisposed, this);
        return new Span<byte>(pointer, length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
        owner.Use.Enter(this);
        return new MemoryHandle(pointer + elementIndex, pinnable: this);
    }

    public override void Unpin() => owner.Use.Exit();

    protected override void Dispose(bool disposing)
    {
        // The result owns the memory.
    }
}
