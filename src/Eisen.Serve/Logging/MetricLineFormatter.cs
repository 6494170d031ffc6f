using System.Globalization;
using Eisen.Serve.Data;
using Serilog.Events;
using Serilog.Formatting;

namespace Eisen.Serve.Logging;

/// <summary>A line of a metrics log as TorchServe's look: the time, and what was measured.</summary>
internal sealed class MetricLineFormatter : ITextFormatter
{
    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write(logEvent.Timestamp.ToString("yyyy-MM-dd'T'HH:mm:ss,fff", CultureInfo.InvariantCulture));
        output.Write(" - ");
        output.Write(PrintableText.Escaped(LogLineFormatter.MessageOf(logEvent)));
        output.Write('\n');
    }
}
