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
        string category = CategorySink.CategoryOf(logEvent);
        // TorchServe names a worker's thread before its logger.
        if (category == LogCategories.Model && TextOf(logEvent, "Worker") is { } worker && TextOf(logEvent, "Line") is { } line)
        {
            output.Write($"{Printable(worker)} {category} - ");
            WriteGuarded(output, line);
        }
        else
        {
            output.Write($"{(category.Length > 0 ? category : "Eisen.Serve")} - ");
            WriteGuarded(output, MessageOf(logEvent));
        }

        if (logEvent.Exception is not null)
        {
            output.Write("\n    ");
            WriteGuarded(output, logEvent.Exception.ToString());
        }

        output.Write('\n');
    }

    /// <summary>An event's message, with its values in their places and without quotes around them.</summary>
    internal static string MessageOf(LogEvent logEvent)
    {
        StringWriter message = new(CultureInfo.InvariantCulture);
        Message.Format(logEvent, message);
        return message.ToString();
    }

    private static string? TextOf(LogEvent logEvent, string property) =>
        logEvent.Properties.TryGetValue(property, out LogEventPropertyValue? value) && value is ScalarValue { Value: string text } ? text : null;

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
