using System.Net;
using System.Text.Json;
using Eisen.Serve.Logging;
using Serilog.Events;
using Serilog.Parsing;

namespace Eisen.Serve.Tests.Logging;

public sealed class AccessLineFormatterTests
{
    private static readonly AccessEntry Entry = new(
        new DateTimeOffset(2026, 11, 22, 8, 39, 57, 623, TimeSpan.Zero), IPAddress.Loopback, 44258, "POST", "/predictions/double", "HTTP/1.1", 400, 11, "f3b1");

    [Fact]
    public void Format_Request_IsTorchServesLine() =>
        Text(Entry).ShouldBe("2026-11-22T08:39:57,623 - /127.0.0.1:44258 \"POST /predictions/double HTTP/1.1\" 400 11\n");

    [Fact]
    public void Format_Several_AreALineEach() => Text(Entry, Entry with { Status = 200 }, Entry).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(3);

    [Fact]
    public void Format_OtherConnections_AreToldApart()
    {
        Text(Entry with { Remote = null }).ShouldContain(" - /unix \"");
        Text(Entry with { Remote = IPAddress.IPv6Loopback }).ShouldContain(" - /[::1]:44258 \"");
    }

    [Theory]
    [InlineData("/a\" 200 1\n2026", "/a%22%20200%201%0A2026")]
    [InlineData("/a\r\nb", "/a%0D%0Ab")]
    [InlineData("/\u001b[2J", "/%1B[2J")]
    [InlineData("/ä\u2028\u202e", "/%E4\\u2028\\u202E")]
    [InlineData("/a%22b?x=1&y=2", "/a%22b?x=1&y=2")]
    public void Format_TargetThatWantsToBeALine_StaysInItsQuotes(string target, string expected)
    {
        string text = Text(Entry with { Target = target });

        text.ShouldContain($"\"POST {expected} HTTP/1.1\" 400 11");
        text.Count(letter => letter == '\n').ShouldBe(1);
    }

    [Fact]
    public void Format_LongTarget_IsCut() => Text(Entry with { Target = "/" + new string('a', 100_000) }).Length.ShouldBeLessThan(2200);

    [Theory]
    [InlineData("/plain")]
    [InlineData("/a\"b\\\r\n\u001b\u2028")]
    public void Format_Json_IsAnObjectALine(string target)
    {
        string text = Format(new AccessLineFormatter(asJson: true), Entry with { Target = target });

        text.Count(letter => letter == '\n').ShouldBe(1);
        JsonElement line = JsonDocument.Parse(text).RootElement;
        line.GetProperty("target").GetString().ShouldBe(target);
        (line.GetProperty("remote").GetString(), line.GetProperty("method").GetString(), line.GetProperty("status").GetInt32(), line.GetProperty("ms").GetInt32())
            .ShouldBe(("127.0.0.1:44258", "POST", 400, 11));
        line.GetProperty("request_id").GetString().ShouldBe("f3b1");
    }

    private static string Text(params AccessEntry[] entries) => Format(new AccessLineFormatter(asJson: false), entries);

    private static string Format(AccessLineFormatter formatter, params AccessEntry[] entries)
    {
        AccessBatch batch = new(entries);
        StringWriter output = new();
        formatter.Format(
            new LogEvent(Entry.Time, LogEventLevel.Information, null, new MessageTemplateParser().Parse(""), [new LogEventProperty(AccessBatch.Name, batch)]), output);
        return output.ToString();
    }
}
