using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Eisen.Serve.Access;
using Eisen.Serve.Configuration;
using Eisen.Serve.Hosting;
using Eisen.Serve.Listeners;
using Eisen.Serve.Logging;
using Eisen.Serve.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Eisen.Serve.Tests.Access;

/// <summary>
/// Asks every endpoint that the server has, on every listener, without a token: what is added later is asked, too.
/// </summary>
public sealed partial class EndpointAccessTests : IAsyncLifetime
{
    private const string InferenceKey = "the-inference-key-0123456789";
    private const string ManagementKey = "the-management-key-0123456789";

    /// <summary>What needs no token: health probes, and the description of the interface, as with TorchServe.</summary>
    private static readonly string[] Open = ["/ping", "/v2/health/live", "/v2/health/ready", "/", "/api-description"];

    private static readonly string[] AnyMethod = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"];

    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<ListenerRole, int> ports = [];
    private WebApplication app = null!;

    public async Task InitializeAsync()
    {
        ServerSettings settings = new()
        {
            LogFolder = folder.Path,
            InferenceAddress = new ListenAddress(IPAddress.Loopback, FreePort.Next()),
            ManagementAddress = new ListenAddress(IPAddress.Loopback, FreePort.Next()),
            Metrics = new MetricsSettings { Address = new ListenAddress(IPAddress.Loopback, FreePort.Next()) },
            EnableModelApi = true,
            Access = new AccessSettings
            {
                NeedsTokens = true,
                CoversMetrics = true,
                TokenKeyFile = Path.Combine(folder.Path, "key_file.json"),
                Keys = new AccessKeys([InferenceKey], [ManagementKey], []),
            },
        };
        foreach ((ListenerRole role, _, ListenAddress address) in settings.Listeners)
            ports[role] = address.Port;
        app = WebHost.Build(settings, Path.Combine(folder.Path, "unpacked"), LogFiles.None);
        await app.StartAsync();
    }

    [Fact]
    public void Endpoints_All_BelongToAListener()
    {
        Endpoints().ShouldNotBeEmpty();
        Endpoints().ShouldAllBe(endpoint => endpoint.Metadata.GetMetadata<RoleFeature>() != null);
        Endpoints().Select(endpoint => endpoint.Metadata.GetMetadata<RoleFeature>()!.Role).Distinct().Order().ShouldBe(ports.Keys.Order());
    }

    [Fact]
    public void Endpoints_WithoutToken_AreThoseThatShouldBe() =>
        Endpoints().Where(IsOpen).Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/')).Distinct().ShouldBeSubsetOf(Open);

    [Fact]
    public async Task Endpoint_EachWithoutToken_IsRefused()
    {
        foreach (RouteEndpoint endpoint in Endpoints().Where(endpoint => !IsOpen(endpoint)))
        {
            foreach (string method in MethodsOf(endpoint))
                await ShouldBeRefused(RoleOf(endpoint), $"{method} {PathOf(endpoint)} HTTP/1.1");
        }
    }

    [Fact]
    public async Task Endpoint_EachWithAnotherListenersKey_IsRefused()
    {
        foreach (RouteEndpoint endpoint in Endpoints().Where(endpoint => !IsOpen(endpoint)))
        {
            string key = RoleOf(endpoint) == ListenerRole.Inference ? ManagementKey : InferenceKey;
            await ShouldBeRefused(RoleOf(endpoint), $"{MethodsOf(endpoint)[0]} {PathOf(endpoint)} HTTP/1.1", $"Authorization: Bearer {key}");
        }
    }

    [Fact]
    public async Task Endpoint_EachWithItsKey_IsAnswered()
    {
        foreach (RouteEndpoint endpoint in Endpoints().Where(endpoint => endpoint.Metadata.GetMetadata<AccessRule>() is null))
        {
            string key = RoleOf(endpoint) == ListenerRole.Inference ? InferenceKey : ManagementKey;
            foreach (string method in MethodsOf(endpoint).Where(method => method is not ("HEAD" or "TRACE")))
                (await AskAsync(RoleOf(endpoint), $"{method} {PathOf(endpoint)} HTTP/1.1", $"Authorization: Bearer {key}")).ShouldNotContain("InvalidKeyException", Case.Sensitive, PathOf(endpoint));
        }
    }

    [Fact]
    public async Task Endpoint_EachSpelledInAnotherWay_IsRefused()
    {
        foreach (RouteEndpoint endpoint in Endpoints().Where(endpoint => !IsOpen(endpoint)))
        {
            string path = PathOf(endpoint);
            string[] spellings =
            [
                $"{path}/", $"/{path}", $"/.{path}", $"/x/..{path}", $"/ping/..{path}", $"/ping/%2e%2e{path}", path.ToUpperInvariant(), $"{path}?token=1", $"{path}%2F", $"{path}%00",
                path == "/" ? "/%2e" : "/%" + ((int)path[1]).ToString("X2", System.Globalization.CultureInfo.InvariantCulture) + path[2..], path.Replace("/", "%2F", StringComparison.Ordinal), $"{path};/ping", $"{path}#/ping", $"http://localhost{path}", $"{path}\\",
            ];
            foreach (string spelling in spellings)
            {
                await ShouldBeRefused(RoleOf(endpoint), $"{MethodsOf(endpoint)[0]} {spelling} HTTP/1.1");
                await ShouldBeRefused(RoleOf(endpoint), $"{MethodsOf(endpoint)[0]} {spelling} HTTP/1.0");
            }
        }
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override: GET\r\nX-Original-URL: /ping\r\nX-Rewrite-URL: /ping")]
    [InlineData("Authorization: Bearer\r\nAuthorization: Bearer the-inference-key-0123456789")]
    [InlineData("Authorization: Basic the-inference-key-0123456789")]
    [InlineData("Proxy-Authorization: Bearer the-inference-key-0123456789")]
    [InlineData("Cookie: Authorization=Bearer the-inference-key-0123456789")]
    [InlineData("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")]
    [InlineData("Forwarded: for=127.0.0.1\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Prefix: /ping")]
    public async Task Inference_FieldsThatShouldNotHelp_DoNot(string fields) => await ShouldBeRefused(ListenerRole.Inference, "GET /predictions/x HTTP/1.1", fields);

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/")]
    [InlineData("/swagger/index.html")]
    [InlineData("/swagger")]
    [InlineData("/openapi/inference.json")]
    [InlineData("/openapi/management.json")]
    [InlineData("/ping/x")]
    public async Task Path_ThatIsNoEndpoint_IsRefusedToo(string path)
    {
        foreach (ListenerRole role in ports.Keys)
            await ShouldBeRefused(role, $"PATCH {path} HTTP/1.1");
    }

    [Fact]
    public async Task Http2_WithPriorKnowledge_IsNotSpokenWithoutTls()
    {
        string answer = await AskRawAsync(ListenerRole.Inference, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

        answer.ShouldNotContain(" 200 ");
    }

    [Fact]
    public async Task Probe_WithoutToken_IsAnswered() => (await AskAsync(ListenerRole.Inference, "GET /ping HTTP/1.1")).ShouldContain("Healthy");

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        folder.Dispose();
    }

    private async Task ShouldBeRefused(ListenerRole role, string requestLine, string fields = "X: y")
    {
        string answer = await AskAsync(role, requestLine, fields);
        // What is no HTTP at all is refused before anybody looks for a token, and so is what asks for nothing of a body.
        bool isRefused = answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal)
            && (answer.Contains("InvalidKeyException", StringComparison.Ordinal) || requestLine.StartsWith("HEAD ", StringComparison.Ordinal) || answer.Contains("Content-Length: 0\r\n", StringComparison.Ordinal));
        isRefused.ShouldBeTrue($"{role}: {requestLine} {fields}\n{answer}");
    }

    private Task<string> AskAsync(ListenerRole role, string requestLine, string fields = "X: y") =>
        AskRawAsync(role, $"{requestLine}\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\nContent-Length: 0\r\n\r\n");

    private async Task<string> AskRawAsync(ListenerRole role, string request)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, ports[role]);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using StreamReader reader = new(stream, Encoding.Latin1);
        try
        {
            return await reader.ReadToEndAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private IEnumerable<RouteEndpoint> Endpoints() => app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    private static bool IsOpen(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<AccessRule>() is { Token: null };

    private static ListenerRole RoleOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<RoleFeature>()!.Role;

    private static IReadOnlyList<string> MethodsOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods ? methods : AnyMethod;

    private static string PathOf(RouteEndpoint endpoint) => "/" + ParameterForm().Replace(endpoint.RoutePattern.RawText!, "x").TrimStart('/');

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex ParameterForm();
}
