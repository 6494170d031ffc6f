using Eisen.Serve.Data;
using Eisen.Serve.Engine;

namespace Eisen.Serve.Inference;

/// <summary>
/// The memory that a request's body lies in, counted among the bytes in flight from before it is read until it is disposed.
/// </summary>
internal sealed class ReceivedBody(InflightBytes inflight) : IDisposable
{
    private NativeBuffer? first;
    private List<NativeBuffer>? others;
    private long reserved;
    private long used;

    /// <summary>Takes a buffer for bytes that are about to come.</summary>
    /// <param name="capacity">How many will come, as far as it is known.</param>
    public NativeBuffer NewBuffer(int capacity)
    {
        NativeBuffer buffer = new(capacity);
        if (first is null)
            first = buffer;
        else
            (others ??= []).Add(buffer);
        return buffer;
    }

    /// <summary>Counts bytes that are to come.</summary>
    /// <exception cref="TooManyBytesException">The budget has not so many left.</exception>
    public void Reserve(long count)
    {
        if (!inflight.TryTake(count))
            throw new TooManyBytesException($"the requests under way take {inflight.Taken} bytes, and may take {inflight.Limit} together (max_inflight_bytes); this one needs {count} more");
        reserved += count;
    }

    /// <summary>Puts bytes that have come into a buffer.</summary>
    /// <exception cref="TooManyBytesException">More came than was reserved, and the budget has no more.</exception>
    public void Append(NativeBuffer buffer, ReadOnlySpan<byte> bytes)
    {
        used += bytes.Length;
        if (used > reserved)
            Reserve(Math.Max(used - reserved, Math.Min(reserved, inflight.Limit - inflight.Taken)));
        bytes.CopyTo(buffer.GetSpan(bytes.Length));
        buffer.Advance(bytes.Length);
    }

    public void Dispose()
    {
        first?.Dispose();
        others?.ForEach(buffer => buffer.Dispose());
        others = null;
        inflight.Give(Interlocked.Exchange(ref reserved, 0));
    }
}
