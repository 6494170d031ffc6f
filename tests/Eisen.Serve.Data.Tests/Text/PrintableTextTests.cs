namespace Eisen.Serve.Data.Tests.Text;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("plain näme 模型 🙂", "plain näme 模型 🙂")]
    [InlineData("a\r\nb\tc\0", @"a\u000D\u000Ab\u0009c\u0000")]
    [InlineData("\u001b[2J\u0085\u2028\u2029", @"\u001B[2J\u0085\u2028\u2029")]
    [InlineData("txt.\u202Egpj\u200B", @"txt.\u202Egpj\u200B")]
    public void Escaped_Text_PrintsOnOneLine(string text, string escaped) => PrintableText.Escaped(text).ShouldBe(escaped);

    [Fact]
    public void Escaped_HalfASurrogatePair_IsEscaped() => PrintableText.Escaped("a\uD83Db").ShouldBe(@"a\uD83Db");

    [Fact]
    public void Quoted_LongText_KeepsBothEnds() =>
        PrintableText.Quoted("start" + new string('x', 1000) + "end").ShouldMatch("^'startx{75}\\.\\.\\.x{37}end'$");
}
