namespace Eisen.Serve.Archive.Tests;

public sealed class ArchiveExceptionTests
{
    [Fact]
    public void Message_HostileParts_StaysOnOneLine() =>
        new ArchiveException("a\n.mar", "bad\r\nINFO: all fine").Message.ShouldBe(@"a\u000A.mar: bad\u000D\u000AINFO: all fine");
}
