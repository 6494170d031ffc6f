using System.Globalization;
using Eisen.Serve.Data;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;

namespace Eisen.Serve.Logging;

/// <summary>
/// A line of the log as TorchServe's look: time, level, source, message. Text from outside cannot forge a line:
/// what continues on further lines is indented, and other characters that break a line, move the cursor or turn the
/// reading direction are written as escapes.
/// </summary>
internal sealed class LogLineFormatter : ITextFormatter
{
    private static readonly MessageTemplateTextFormatter Message = new("{Message:lj}", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write(logEvent.Timestamp.ToString("yyyy-MM-dd'T'HH:mm:ss,fff", CultureInfo.InvariantCulture));
        output.Write(Level(logEvent.Level));
        output.Write(logEvent.Properties.TryGetValue("SourceContext", out LogEventPropertyValue? source) && source is ScalarValue { Value: string name } ? name : "Eisen.Serve");
        output.Write(" - ");
        StringWriter message = new(CultureInfo.InvariantCulture);
        Message.Format(logEvent, message);
        WriteGuarded(output, message.ToString());
        if (logEvent.Exception is not null)
        {
            output.Write("\n    ");
            WriteGuarded(output, logEvent.Exception.ToString());
        }

        output.Write('\n');
    }

    private static void WriteGuarded(TextWriter output, string text) =>
        output.Write(string.Join("\n    ", text.TrimEnd().Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n').Select(Printable)));

    private static string Printable(string line) => PrintableText.Escaped(line.Replace("\t", "    ", StringComparison.Ordinal));

    private static string Level(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => " [TRACE] ",
        LogEventLevel.Debug => " [DEBUG] ",
        LogEventLevel.Information => " [INFO ] ",
        LogEventLevel.Warning => " [WARN ] ",
        LogEventLevel.Error => " [ERROR] ",
        _ => " [FATAL] ",
    };
}
