using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Eisen.Serve.Configuration;

/// <summary>Where a listener binds: an IP address and a port, or a Unix socket.</summary>
/// <param name="Address">The IP address of an interface, or any.</param>
/// <param name="Port">1 to 65535; 0 with a Unix socket.</param>
internal sealed partial record ListenAddress(IPAddress Address, int Port)
{
    // sun_path of unix(7), with its final zero.
    private const int LongestSocketPath = 107;

    /// <summary>Whether it speaks TLS.</summary>
    public bool IsTls { get; init; }

    /// <summary>The full path of a Unix socket; null for an IP address.</summary>
    public string? SocketPath { get; init; }

    /// <summary>Whether only this machine can reach it.</summary>
    public bool IsLoopback => SocketPath is not null || IPAddress.IsLoopback(Address);

    /// <summary>The address as a URL.</summary>
    public override string ToString() => SocketPath is not null ? $"unix:{SocketPath}" : $"{(IsTls ? "https" : "http")}://{new IPEndPoint(Address, Port)}";

    /// <summary>Reads <c>http://HOST:PORT</c> or <c>https://HOST:PORT</c>, where the host is an IP address or
    /// <c>localhost</c>, or <c>unix:/PATH</c>.</summary>
    /// <param name="text">The address as somebody wrote it.</param>
    /// <param name="address">The result.</param>
    /// <param name="mistake">What is wrong, for a sentence that begins with the key.</param>
    /// <param name="defaultPorts">The ports where it names none.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? mistake, (int Plain, int Tls)? defaultPorts = null)
    {
        address = null;
        mistake = null;
        if (text.StartsWith("unix:/", StringComparison.OrdinalIgnoreCase))
        {
            string path = Path.GetFullPath(text["unix:".Length..]);
            if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestSocketPath)
                mistake = $"is the path of a socket, and longer than the {LongestSocketPath} bytes that it may have";
            else
                address = new ListenAddress(IPAddress.Loopback, 0) { SocketPath = path };
            return address is not null;
        }

        Match form = UrlForm().Match(text);
        bool isTls = form.Groups["tls"].Success;
        (int plain, int tls) = defaultPorts ?? (80, 443);
        int port = isTls ? tls : plain;
        if (!form.Success)
        {
            mistake = $"must be like http://127.0.0.1:8080, not '{text}'";
            return false;
        }

        if (form.Groups["port"] is { Success: true } given && !(int.TryParse(given.ValueSpan, CultureInfo.InvariantCulture, out port) && port is > 0 and <= IPEndPoint.MaxPort))
        {
            mistake = $"is '{text}', but ports go from 1 to {IPEndPoint.MaxPort}";
            return false;
        }

        string host = form.Groups["host"].Value;
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            address = new ListenAddress(IPAddress.Loopback, port) { IsTls = isTls };
        else if (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? ip))
            address = new ListenAddress(ip, port) { IsTls = isTls };
        else
            mistake = $"must name an IP address of this machine or localhost, not '{host}'";
        return address is not null;
    }

    [GeneratedRegex(@"^http(?<tls>s)?://(?<host>[^/:\[\]@?#]+|\[[0-9a-f:.%]+\])(:(?<port>[0-9]+))?/?\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex UrlForm();
}
