using System.Buffers;
using Serilog.Events;

namespace Eisen.Serve.Logging;

/// <summary>Several lines of the access log that are written as one event. Its memory is used again once they are written: that of
/// lines left out is the garbage collector's.</summary>
/// <param name="capacity">How many requests it is to take; at most <see cref="MostRequests"/> of them.</param>
internal sealed class AccessBatch(int capacity) : LogEventPropertyValue, IDisposable
{
    /// <summary>The name of the property that it is.</summary>
    public const string Name = "Requests";

    /// <summary>The most requests of a batch.</summary>
    public const int MostRequests = 512;

    // Lines that wait for a slow disk should not take more memory than they need.
    private AccessEntry[] entries = ArrayPool<AccessEntry>.Shared.Rent(Math.Min(capacity, MostRequests));

    /// <summary>How many requests it has.</summary>
    public int Count { get; private set; }

    /// <summary>Whether it can take no more.</summary>
    public bool IsFull => Count == Math.Min(entries.Length, MostRequests);

    /// <summary>The requests, in the order in which they were answered.</summary>
    public ReadOnlySpan<AccessEntry> Entries => entries.AsSpan(0, Count);

    /// <summary>Adds a request.</summary>
    public void Add(in AccessEntry entry) => entries[Count++] = entry;

    /// <summary>Gives the memory back; there are no requests any more.</summary>
    public void Dispose()
    {
        Count = 0;
        if (Interlocked.Exchange(ref entries, []) is { Length: > 0 } used)
            ArrayPool<AccessEntry>.Shared.Return(used, clearArray: true);
    }

    /// <inheritdoc/>
    public override void Render(TextWriter output, string? format = null, IFormatProvider? formatProvider = null)
    {
        foreach (AccessEntry entry in Entries)
            AccessLineFormatter.WriteText(output, entry);
    }
}
