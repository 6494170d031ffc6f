using Eisen.Serve.Logging;
using Serilog.Events;
using Serilog.Parsing;

namespace Eisen.Serve.Tests.Logging;

public sealed class LogLineFormatterTests
{
    private const string Head = "2026-11-22T08:20:24,007 [INFO ] Eisen.Serve - ";

    [Fact]
    public void Format_Message_IsOneLineWithTimeLevelAndSource()
    {
        Line("hello").ShouldBe(Head + "hello\n");
        Line("hello", LogEventLevel.Error, "Eisen.Serve.Engine.ModelReconciler").ShouldBe("2026-11-22T08:20:24,007 [ERROR] Eisen.Serve.Engine.ModelReconciler - hello\n");
        Line("hello", LogEventLevel.Warning).ShouldContain(" [WARN ] ");
        Line("hello", LogEventLevel.Fatal).ShouldContain(" [FATAL] ");
    }

    [Theory]
    [InlineData("a\n2026-11-22T08:20:24,007 [INFO ] x - forged", "a\n    2026-11-22T08:20:24,007 [INFO ] x - forged")]
    [InlineData("a\r\nb", "a\n    b")]
    [InlineData("a\rb", "a\\u000Db")]
    [InlineData("a\u001b[31mb", "a\\u001B[31mb")]
    [InlineData("a\u0085b", "a\\u0085b")]
    [InlineData("a\u2028b\u2029c", "a\\u2028b\\u2029c")]
    [InlineData("a\u202eb\u2066c", "a\\u202Eb\\u2066c")]
    [InlineData("a\0\b\vb\u007f", "a\\u0000\\u0008\\u000Bb\\u007F")]
    [InlineData("a\tb \u00e9 \u4e2d \U0001F600", "a    b \u00e9 \u4e2d \U0001F600")]
    [InlineData("a\n\n  ", "a")]
    public void Format_TextFromOutside_CannotForgeALine(string text, string expected) => Line(text).ShouldBe(Head + expected + "\n");

    [Fact]
    public void Format_Exception_IsIndentedBelow()
    {
        string line = Line("failed", exception: new InvalidOperationException("one\ntwo\u001b"));

        line.ShouldStartWith(Head + "failed\n    System.InvalidOperationException: one\n    two\\u001b");
        line.TrimEnd('\n').Split('\n').Skip(1).ShouldAllBe(each => each.StartsWith("    ", StringComparison.Ordinal));
    }

    private static string Line(string text, LogEventLevel level = LogEventLevel.Information, string? source = null, Exception? exception = null)
    {
        List<LogEventProperty> properties = [new("Text", new ScalarValue(text))];
        if (source is not null)
            properties.Add(new("SourceContext", new ScalarValue(source)));
        LogEvent log = new(new DateTimeOffset(2026, 11, 22, 8, 20, 24, 7, TimeSpan.Zero), level, exception, new MessageTemplateParser().Parse("{Text}"), properties);
        StringWriter output = new();
        new LogLineFormatter().Format(log, output);
        return output.ToString();
    }
}
