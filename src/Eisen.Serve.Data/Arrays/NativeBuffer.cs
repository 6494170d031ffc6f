using System.Buffers;

namespace Eisen.Serve.Data;

/// <summary>
/// Bytes in native memory that grow as they come: where a request body or an answer is put together. Dispose it to give
/// the memory back; what was read out of it is gone then.
/// </summary>
public sealed class NativeBuffer : IBufferWriter<byte>, IDisposable
{
    private NativeBlock block;
    private int written;

    /// <summary>Makes an empty buffer.</summary>
    /// <param name="capacity">How many bytes it can take before it has to move, 0 to 2 GiB.</param>
    /// <exception cref="OutOfMemoryException">There is not so much memory.</exception>
    public NativeBuffer(int capacity) => block = new NativeBlock(capacity);

    /// <summary>How many bytes have been written.</summary>
    public int Length => written;

    /// <summary>The bytes that have been written.</summary>
    public Memory<byte> Written => block.Memory[..written];

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(block.Length - written), nameof(count));
        written += count;
    }

    /// <inheritdoc/>
    /// <exception cref="OutOfMemoryException">There is not so much memory, or it would be more than 2 GiB.</exception>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return block.Memory[written..];
    }

    /// <inheritdoc/>
    /// <exception cref="OutOfMemoryException">There is not so much memory, or it would be more than 2 GiB.</exception>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return block.GetSpan()[written..];
    }

    /// <inheritdoc/>
    public void Dispose() => ((IDisposable)block).Dispose();

    private void Reserve(int count)
    {
        count = Math.Max(count, 1);
        if (block.Length - written >= count)
            return;
        if (count > Array.MaxLength - written)
            throw new OutOfMemoryException("A buffer holds at most 2 GiB.");

        NativeBlock larger = new((int)Math.Min(Math.Max(2L * block.Length, written + (long)count), Array.MaxLength));
        block.GetSpan()[..written].CopyTo(larger.GetSpan());
        ((IDisposable)block).Dispose();
        block = larger;
    }
}
