using Eisen.Serve.Fetching;

namespace Eisen.Serve.Tests.Fetching;

public sealed class AllowedUrlsTests
{
    [Theory]
    [InlineData("https://models.example.com/.*", "https://models.example.com/a.mar", true)]
    [InlineData("https://models.example.com/.*", "http://models.example.com/a.mar", false)]
    [InlineData("https://models.example.com/.*", "https://models.example.com.evil.org/a.mar", false)]
    [InlineData("https://models.example.com.*", "https://models.example.com@evil.org/a.mar", false)]
    [InlineData("https://models.example.com/.*", "https://models.example.com/\\@evil.org/a.mar", true)]
    [InlineData("https://models.example.com/.*", "xhttps://models.example.com/a.mar", false)]
    [InlineData("https://models.example.com/a", "https://models.example.com/a.mar", false)]
    [InlineData("a|https://x/b.mar|c", "https://x/b.mar", true)]
    [InlineData(".*", "http://0x7f.1/a.mar", false)]
    [InlineData(".*", "http://2130706433/a.mar", false)]
    [InlineData(".*", "http://user:pw@example.com/a.mar", false)]
    [InlineData(".*", "http://EXAMPLE.com:81/a.mar", true)]
    [InlineData("file:///store/.*", "file:///store/a.mar", true)]
    [InlineData("file:///store/.*", "file:///elsewhere/a.mar", false)]
    public void Allow_Address_MatchesAsAWholeAndAsWritten(string pattern, string url, bool allowed) =>
        new AllowedUrls([pattern]).Allow(new Uri(url)).ShouldBe(allowed);

    [Fact]
    public void Allow_NoPatterns_AllowsNothing() => new AllowedUrls([]).Allow(new Uri("https://example.com/a.mar")).ShouldBeFalse();

    [Fact]
    public void Allow_PatternThatTakesForever_AllowsNothing() =>
        new AllowedUrls(["http://x/(a+)+b"]).Allow(new Uri($"http://x/{new string('a', 60)}")).ShouldBeFalse();

    [Theory]
    [InlineData("http://10.0.0.5:8000/.*", "http://10.0.0.5:8000/a.mar", true)]
    [InlineData(@"https?://10\.0\.0\.5/.*", "http://10.0.0.5/a.mar", true)]
    [InlineData("http://(10.0.0.4|10.0.0.5)/.*", "http://10.0.0.5/a.mar", true)]
    [InlineData("http://localhost.*", "http://localhost:9000/a.mar", true)]
    [InlineData("http://.*", "http://10.0.0.5/a.mar", false)]
    [InlineData("http://.*10.0.0.5/.*", "http://10.0.0.5/a.mar", false)]
    [InlineData("http://[0-9.]+/.*", "http://10.0.0.5/a.mar", false)]
    [InlineData("http://110.0.0.5/.*|http://.*", "http://10.0.0.5/a.mar", false)]
    [InlineData("http://10.0.0.50/.*|http://.*", "http://10.0.0.5/a.mar", false)]
    [InlineData("http://10.0.0.5.example.com/.*|http://.*", "http://10.0.0.5/a.mar", false)]
    [InlineData(@"http://\[::1\]:9000/.*", "http://[::1]:9000/a.mar", true)]
    public void Name_Host_IsNamedOnlyWhereAPatternSpellsItOut(string pattern, string url, bool named) =>
        new AllowedUrls([pattern]).Name(new Uri(url)).ShouldBe(named);

    [Fact]
    public void New_NoRegularExpression_SaysWhich() =>
        Should.Throw<ArgumentException>(() => new AllowedUrls(["http://ok/.*", "http://(/.*"])).Message.ShouldStartWith("'http://(/.*' is not a regular expression: ");
}
