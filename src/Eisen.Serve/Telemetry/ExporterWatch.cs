using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;
using Eisen.Serve.Data;

namespace Eisen.Serve.Telemetry;

/// <summary>
/// Brings what goes wrong inside OpenTelemetry to the log: the library throws nothing and logs nothing, it only raises events of
/// the runtime's. A collector that is not there would raise one for each batch, so each kind is told from time to time only.
/// </summary>
internal sealed class ExporterWatch(TimeProvider time, ILogger<ExporterWatch> logger) : EventListener
{
    private const string Library = "OpenTelemetry";
    private const string Exporters = "OpenTelemetry-Exporter";
    private const string Dropped = "Dropped";
    private const int LongestReason = 300;

    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Source, int Event), long> told = new();

    // Called by the base class before our own constructor, for sources that are there already.
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name.StartsWith(Library, StringComparison.Ordinal))
            EnableEvents(eventSource, EventLevel.Warning);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // It also warns of what is meant to be so, such as instruments that nobody asked for.
        bool matters = eventData.Level <= EventLevel.Error || eventData.EventSource.Name.StartsWith(Exporters, StringComparison.Ordinal) || eventData.EventName?.Contains(Dropped, StringComparison.Ordinal) == true;
        if (!matters)
            return;
        (string, int) kind = (eventData.EventSource.Name, eventData.EventId);
        long now = time.GetTimestamp();
        if (told.TryGetValue(kind, out long before) ? time.GetElapsedTime(before, now) < Silence || !told.TryUpdate(kind, now, before) : !told.TryAdd(kind, now))
            return;
        TelemetryLog.Lost(logger, Reason(eventData), Silence.TotalMinutes);
    }

    private static string Reason(EventWrittenEventArgs eventData)
    {
        // Exceptions come as their whole text: the first line is enough.
        object?[] values = [.. (eventData.Payload ?? []).Select(value => value is string text ? text.Split('\n')[0].Trim() : value)];
        string reason = string.Format(CultureInfo.InvariantCulture, eventData.Message ?? eventData.EventName ?? "", values);
        return PrintableText.Shortened(reason.TrimEnd('.'), LongestReason);
    }
}
