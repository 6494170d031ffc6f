using System.Globalization;
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

    private static void WriteGuarded(TextWriter output, string text)
    {
        foreach (char letter in text.AsSpan().TrimEnd())
        {
            if (letter == '\n')
                output.Write("\n    ");
            else if (letter == '\t' || !Misleads(letter))
                output.Write(letter);
            else if (letter != '\r')
                output.Write($"\\u{(int)letter:x4}");
        }
    }

    private static bool Misleads(char letter) =>
        char.IsControl(letter) || letter is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

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
