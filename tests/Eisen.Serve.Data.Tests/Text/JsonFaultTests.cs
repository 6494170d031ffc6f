using System.Text.Json;

namespace Eisen.Serve.Data.Tests.Text;

public sealed class JsonFaultTests
{
    [Theory]
    [InlineData("", "line 1, byte 1: The input does not contain any JSON tokens")]
    [InlineData("[1,\n x]", "line 2, byte 2: 'x' is an invalid start of a value")]
    [InlineData("[1", "line 1, byte 3: Expected depth to be zero at the end of the JSON payload")]
    public void Of_TextThatIsNoJson_SaysWhereAndWhat(string json, string expected) =>
        JsonFault.Of(Should.Throw<JsonException>(() => JsonDocument.Parse(json))).ShouldStartWith(expected);

    [Fact]
    public void Of_AnyFault_IsOneSentenceInOneLine()
    {
        string fault = JsonFault.Of(Should.Throw<JsonException>(() => JsonSerializer.Deserialize<int[]>("[1,\n \"a\"]")));

        fault.ShouldStartWith("line 2, byte ");
        fault.ShouldNotContain("LineNumber");
        fault.ShouldNotContain("\n");
        fault.ShouldNotEndWith(".");
    }
}
