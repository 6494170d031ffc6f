using Eisen.Serve.Configuration;

namespace Eisen.Serve.Tests.Configuration;

/// <summary>The rules are those of <c>java.util.Properties.load</c>.</summary>
public sealed class PropertiesFileTests
{
    [Theory]
    [InlineData("key=value")]
    [InlineData("key:value")]
    [InlineData("key value")]
    [InlineData("key\tvalue")]
    [InlineData("  key = value")]
    [InlineData("\fkey\f:\fvalue")]
    [InlineData("key = value  ")]
    [InlineData("# comment\n\n! another = one\nkey=value")]
    [InlineData("#comment that does not go on\\\nkey=value")]
    [InlineData("key=va\\\n   lue")]
    [InlineData("key=va\\\r\n\tlue\r\n")]
    [InlineData("key\\\n=value")]
    [InlineData("key=other\nkey=value")]
    [InlineData("\\k\\e\\y=v\\alue")]
    [InlineData("k\\u0065y=v\\u0061lue")]
    [InlineData("key=value\\")]
    public void Parse_EachWayToWriteIt_GivesKeyAndValue(string text) =>
        Pairs(text).Last().ShouldBe(("key", "value"));

    [Theory]
    [InlineData("a=1\nb=2")]
    [InlineData("a=1\r\nb=2\r\n")]
    [InlineData("a=1\rb=2\r")]
    [InlineData("a=1\n\r\n  \nb=2")]
    public void Parse_EachKindOfLineEnd_SplitsTheLines(string text) =>
        Pairs(text).ShouldBe([("a", "1"), ("b", "2")]);

    [Theory]
    [InlineData("a b=c", "a", "b=c")]
    [InlineData("a==b", "a", "=b")]
    [InlineData("a\\=b=c", "a=b", "c")]
    [InlineData("a\\ b=c", "a b", "c")]
    [InlineData("a\\:b c", "a:b", "c")]
    [InlineData("a", "a", "")]
    [InlineData("a=", "a", "")]
    [InlineData("=a", "", "a")]
    [InlineData("a=x\\ty\\nz\\\\", "a", "x\ty\nz\\")]
    [InlineData("a=1\\\n#2", "a", "1#2")]
    [InlineData("a=1\\\\\n", "a", "1\\")]
    [InlineData("a=#1!", "a", "#1!")]
    [InlineData("path=C\\:\\\\x", "path", "C:\\x")]
    [InlineData("a=\\u00", "a", "u00")]
    [InlineData("a=\\u 041", "a", "u 041")]
    [InlineData("inference_address=http://127.0.0.1:8080", "inference_address", "http://127.0.0.1:8080")]
    public void Parse_OneLine_GivesWhatJavaGives(string text, string key, string value) =>
        Pairs(text).ShouldBe([(key, value)]);

    [Fact]
    public void Parse_Nothing_IsEmpty()
    {
        PropertiesFile.Parse("").ShouldBeEmpty();
        PropertiesFile.Parse("\\\n").ShouldBeEmpty();
    }

    [Fact]
    public void Parse_LinesThatGoOn_TellsWhereTheyBegin()
    {
        PropertiesFile.Parse("# comment\na=1\\\n2\\\n3\n\nb=2\r\nc=3\rd=4").Select(property => (property.Key, property.Line))
            .ShouldBe([("a", 2), ("b", 6), ("c", 7), ("d", 8)]);
    }

    [Theory]
    [InlineData("model_store", "/srv/models")]
    [InlineData("inference_address", "http://127.0.0.1:8080")]
    [InlineData("a key=with:signs", " # leading blank, tab\t, lines\r\n, \\ and ! ")]
    [InlineData("umlaut", "ä\u2028\ud83d\ude00\0")]
    public void Append_Anything_ParsesBack(string key, string value)
    {
        System.Text.StringBuilder text = new();

        PropertiesFile.Append(text, key, value);

        Pairs(text.ToString()).ShouldBe([(key, value.TrimEnd())]);
    }

    [Fact]
    public void Append_Snapshot_EscapesAsJavaDoes()
    {
        System.Text.StringBuilder text = new();

        PropertiesFile.Append(text, "inference_address", "http://127.0.0.1:8080");
        PropertiesFile.Append(text, "model_snapshot", "{\n  \"name\": \"x\"\n}");

        text.ToString().ShouldBe("inference_address=http\\://127.0.0.1\\:8080\nmodel_snapshot={\\n  \"name\"\\: \"x\"\\n}\n");
    }

    private static IEnumerable<(string, string)> Pairs(string text) => PropertiesFile.Parse(text).Select(property => (property.Key, property.Value));
}
