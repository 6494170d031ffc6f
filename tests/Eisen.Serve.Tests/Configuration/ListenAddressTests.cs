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
    [InlineData("http://127.0.0.1:99999", "must be like")]
    [InlineData("http://127.0.0.1:0", "must be like")]
    [InlineData("http://127.0.0.1:8080/path", "must be like")]
    [InlineData("http://127.0.0.1:8080/?x=1", "must be like")]
    [InlineData("unix:/tmp/socket", "must be like")]
    [InlineData("https://127.0.0.1:8443", "is 'https://127.0.0.1:8443', but only http:// is served")]
    [InlineData("http://example.com:8080", "must name an IP address of this machine or localhost, not 'example.com'")]
    public void TryParse_SomethingElse_SaysWhatIsWrong(string text, string expected)
    {
        ListenAddress.TryParse(text, out ListenAddress? address, out string? mistake).ShouldBeFalse();

        address.ShouldBeNull();
        mistake!.ShouldStartWith(expected);
    }
}
