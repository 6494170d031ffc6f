using Eisen.Serve.Configuration;

namespace Eisen.Serve.Tests.Configuration;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080", true)]
    [InlineData("http://localhost:9000/", "http://127.0.0.1:9000", true)]
    [InlineData("http://[::1]:8080", "http://[::1]:8080", true)]
    [InlineData("http://0.0.0.0:8080", "http://0.0.0.0:8080", false)]
    [InlineData("http://[::]:8080", "http://[::]:8080", false)]
    [InlineData("HTTP://10.0.0.7:65535", "http://10.0.0.7:65535", false)]
    [InlineData("http://127.0.0.1", "http://127.0.0.1:80", true)]
    [InlineData("https://127.0.0.1:8443", "https://127.0.0.1:8443", true)]
    [InlineData("https://0.0.0.0", "https://0.0.0.0:443", false)]
    [InlineData("unix:/tmp/a/../socket", "unix:/tmp/socket", true)]
    public void TryParse_Address_IsRead(string text, string expected, bool isLoopback)
    {
        ListenAddress.TryParse(text, out ListenAddress? address, out _).ShouldBeTrue();

        address!.ToString().ShouldBe(expected);
        address.IsLoopback.ShouldBe(isLoopback);
    }

    [Theory]
    [InlineData("", "must be like http://127.0.0.1:8080, not ''")]
    [InlineData("8080", "must be like http://127.0.0.1:8080, not '8080'")]
    [InlineData("127.0.0.1:8080", "must be like")]
    [InlineData("localhost:8080", "must be like")]
    [InlineData("http://127.0.0.1:99999", "is 'http://127.0.0.1:99999', but ports go from 1 to 65535")]
    [InlineData("http://127.0.0.1:123456789012", "is 'http://127.0.0.1:123456789012', but ports go from 1 to 65535")]
    [InlineData("http://127.0.0.1:0", "is 'http://127.0.0.1:0', but ports go from 1 to 65535")]
    [InlineData("http://127.0.0.1:8080/path", "must be like")]
    [InlineData("http://127.0.0.1:8080/?x=1", "must be like")]
    [InlineData("http://user@127.0.0.1:8080", "must be like")]
    [InlineData("ftp://127.0.0.1:8080", "must be like")]
    [InlineData("unix:socket", "must be like")]
    [InlineData("http://127.0.0.1:8080\n", "must be like")]
    [InlineData("http://example.com:8080", "must name an IP address of this machine or localhost, not 'example.com'")]
    public void TryParse_SomethingElse_SaysWhatIsWrong(string text, string expected)
    {
        ListenAddress.TryParse(text, out ListenAddress? address, out string? mistake).ShouldBeFalse();

        address.ShouldBeNull();
        mistake!.ShouldStartWith(expected);
    }

    [Fact]
    public void TryParse_SocketPathThatIsTooLong_SaysSo()
    {
        ListenAddress.TryParse("unix:/" + new string('a', 107), out _, out string? mistake).ShouldBeFalse();

        mistake!.ShouldContain("longer than the 107 bytes");
    }

    [Fact]
    public void TryParse_NoPort_TakesTheDefault()
    {
        ListenAddress.TryParse("http://127.0.0.1", out ListenAddress? plain, out _, (8081, 8444)).ShouldBeTrue();
        ListenAddress.TryParse("https://127.0.0.1", out ListenAddress? tls, out _, (8081, 8444)).ShouldBeTrue();
        ListenAddress.TryParse("http://127.0.0.1:80", out ListenAddress? named, out _, (8081, 8444)).ShouldBeTrue();

        (plain!.Port, tls!.Port, named!.Port).ShouldBe((8081, 8444, 80));
    }
}
