using Serilog.Events;

namespace Eisen.Serve.Logging;

/// <summary>Several lines of the access log that are written as one event.</summary>
/// <param name="entries">The requests, in the order in which they were answered.</param>
internal sealed class AccessBatch(ReadOnlyMemory<AccessEntry> entries) : LogEventPropertyValue
{
    /// <summary>The name of the property that it is.</summary>
    public const string Name = "Requests";

    /// <summary>The requests, in the order in which they were answered.</summary>
    public ReadOnlySpan<AccessEntry> Entries => entries.Span;

    /// <inheritdoc/>
    public override void Render(TextWriter output, string? format = null, IFormatProvider? formatProvider = null)
    {
        foreach (AccessEntry entry in Entries)
            AccessLineFormatter.WriteText(output, entry);
    }
}
