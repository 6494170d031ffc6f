using System.Buffers;

namespace Eisen.Serve.Data;

/// <summary>
/// Bytes put together from pieces, to be sent one after another: what is written is copied in, and what is appended stays
/// where it is. So a message with large arrays takes no more memory than its small parts.
/// </summary>
public sealed class SegmentedBuffer : IBufferWriter<byte>
{
    private const int BlockSize = 1 << 12;

    private readonly List<ReadOnlyMemory<byte>> segments = [];
    private byte[] block = [];
    private int start;
    private int end;
    private long finished;

    /// <summary>How many bytes there are.</summary>
    public long Length => finished + (end - start);

    /// <summary>The pieces in order. What was appended must not change until they have been read.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Segments
    {
        get
        {
            Finish();
            return segments;
        }
    }

    /// <summary>Adds bytes without copying them.</summary>
    public void Append(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        Finish();
        segments.Add(bytes);
        finished += bytes.Length;
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(block.Length - end), nameof(count));
        end += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (block.Length - end < Math.Max(sizeHint, 1))
        {
            Finish();
            block = new byte[Math.Max(sizeHint, BlockSize)];
            start = end = 0;
        }

        return block.AsMemory(end);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Copies all bytes, in order, into a span that is as long.</summary>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public void CopyTo(Span<byte> target)
    {
        foreach (ReadOnlyMemory<byte> segment in Segments)
        {
            segment.Span.CopyTo(target);
            target = target[segment.Length..];
        }
    }

    private void Finish()
    {
        if (end == start)
            return;
        segments.Add(block.AsMemory(start, end - start));
        finished += end - start;
        start = end;
    }
}
