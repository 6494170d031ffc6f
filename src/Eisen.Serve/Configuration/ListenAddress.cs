using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Eisen.Serve.Configuration;

/// <summary>Where a listener binds: an IP address and a port.</summary>
/// <param name="Address">The IP address of an interface, or any.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record ListenAddress(IPAddress Address, int Port)
{
    /// <summary>Whether only this machine can reach it.</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Address);

    /// <summary>The address as a URL.</summary>
    public override string ToString() => $"http://{new IPEndPoint(Address, Port)}";

    /// <summary>Reads <c>http://HOST:PORT</c>, where the host is an IP address or <c>localhost</c>.</summary>
    /// <param name="text">The address as somebody wrote it.</param>
    /// <param name="address">The result.</param>
    /// <param name="mistake">What is wrong, for a sentence that begins with the key.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? mistake)
    {
        address = null;
        mistake = $"must be like http://127.0.0.1:8080, not '{text}'";
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.AbsolutePath != "/" || uri.Query.Length > 0 || uri.Port <= 0)
            return false;
        if (uri.Scheme != Uri.UriSchemeHttp)
        {
            mistake = $"is '{text}', but only http:// is served";
            return false;
        }

        if (uri.IsLoopback && uri.HostNameType == UriHostNameType.Dns)
            address = new ListenAddress(IPAddress.Loopback, uri.Port);
        else if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? ip))
            address = new ListenAddress(ip, uri.Port);
        else
            mistake = $"must name an IP address of this machine or localhost, not '{uri.Host}'";
        return address is not null;
    }
}
