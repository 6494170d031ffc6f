using System.Buffers;
using Serilog.Events;

namespace Eisen.Serve.Logging;

/// <summary>Several lines of the access log that are written as one event. Its memory is used again once they are written: that of
/// lines left out is the garbage collector's.</summary>
internal sealed class AccessBatch : LogEventPropertyValue, IDisposable
{
    /// <summary>The name of the property that it is.</summary>
    public const string Name = "Requests";

    /// <summary>The most requests that it can take.</summary>
    public const int Capacity = 512;

    private AccessEntry[] entries = ArrayPool<AccessEntry>.Shared.Rent(Capacity);

    /// <summary>How many requests it has.</summary>
    public int Count { get; private set; }

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
