using System.Text;
using Eisen.Serve.Inference;
using Microsoft.AspNetCore.Http;

namespace Eisen.Serve.Tests.Inference;

public sealed class EventStreamTests
{
    [Theory]
    [InlineData("text/event-stream", true)]
    [InlineData("application/json, Text/Event-Stream;q=0.5", true)]
    [InlineData("text/event-stream;q=0", false)]
    [InlineData("*/*", false)]
    [InlineData("text/*", false)]
    [InlineData("no media type", false)]
    [InlineData("", false)]
    public void IsWanted_Accept_MustNameIt(string accept, bool wanted)
    {
        DefaultHttpContext context = new();
        context.Request.Headers.Accept = accept;

        EventStream.IsWanted(context.Request).ShouldBe(wanted);
    }

    [Theory]
    [InlineData("one", "data: one\n\n")]
    [InlineData("one\ntwo", "data: one\ndata: two\n\n")]
    [InlineData("one\r\nevent: fake\r", "data: one\ndata: event: fake\ndata: \n\n")]
    [InlineData("", "")]
    public void Event_Text_IsItsLines(string part, string made) => Text(new EventStream().Event(Encoding.UTF8.GetBytes(part))).ShouldBe(made);

    [Fact]
    public void Event_CharacterInTwoParts_IsWhole()
    {
        EventStream events = new();
        byte[] text = "aä"u8.ToArray();

        Text(events.Event(text.AsSpan(0, 2))).ShouldBe("data: a\n\n");
        Text(events.Event(text.AsSpan(2))).ShouldBe("data: ä\n\n");
    }

    [Fact]
    public void Event_NotUtf8_IsReplaced() => Text(new EventStream().Event([0xff, 0x61])).ShouldBe("data: \ufffda\n\n");

    [Fact]
    public void End_WithinACharacter_TellsThatSomethingWasThere()
    {
        EventStream events = new();

        events.Event("aä"u8[..2]);

        Text(events.End()).ShouldBe("data: \ufffd\n\n");
        Text(events.End()).ShouldBeEmpty();
    }

    [Fact]
    public void Event_EndOfALineInTwoParts_IsOneEnd()
    {
        EventStream events = new();

        Text(events.Event("a\r"u8)).ShouldBe("data: a\ndata: \n\n");
        Text(events.Event("\nb"u8)).ShouldBe("data: b\n\n");
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
