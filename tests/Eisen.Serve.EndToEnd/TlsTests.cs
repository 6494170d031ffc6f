using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Eisen.Serve.EndToEnd;

/// <summary>Listeners that speak TLS, with a certificate in each form that TorchServe takes.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly Workplace place = new();
    private readonly RSA key = RSA.Create(2048);
    private readonly X509Certificate2 certificate;

    public TlsTests()
    {
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        certificate = request.CreateSelfSigned(DateTimeOffset.Now.AddDays(-1), DateTimeOffset.Now.AddDays(1));
    }

    [Theory]
    [InlineData("PKCS8")]
    [InlineData("OpenSSL")]
    [InlineData("PKCS12")]
    public async Task Start_Certificate_IsShownOnBothListeners(string form)
    {
        string[] lines = form switch
        {
            "PKCS8" => [$"certificate_file={Add("c.pem", certificate.ExportCertificatePem())}", $"private_key_file={Add("k.pem", key.ExportPkcs8PrivateKeyPem())}"],
            "OpenSSL" => [$"certificate_file={Add("c.pem", certificate.ExportCertificatePem())}", $"private_key_file={Add("k.pem", key.ExportRSAPrivateKeyPem())}"],
            _ => [$"keystore={Add("k.p12", certificate.Export(X509ContentType.Pkcs12, "changeit"))}", "keystore_pass=changeit", "keystore_type=PKCS12"],
        };
        Configure(lines);
        place.StartWith(place.Pack("double"));

        using HttpClient client = Client();
        (await client.GetStringAsync($"https://127.0.0.1:{place.InferencePort}/ping")).ShouldContain("Healthy");
        (await client.GetStringAsync($"https://127.0.0.1:{place.ManagementPort}/models")).ShouldContain("double.mar");
        using HttpClient plain = new();
        await Should.ThrowAsync<HttpRequestException>(() => plain.GetStringAsync($"http://127.0.0.1:{place.InferencePort}/ping"));
    }

    [Fact]
    public void Start_WithoutCertificate_IsAMistake()
    {
        Configure();

        CommandResult result = place.Start();

        result.ExitCode.ShouldBe(1);
        result.ToString().ShouldContain("which needs private_key_file and certificate_file, or keystore");
    }

    [Fact]
    public void Start_KeyOfAnotherCertificate_IsAMistakeWithoutTheKey()
    {
        using RSA other = RSA.Create(2048);
        Configure($"certificate_file={Add("c.pem", certificate.ExportCertificatePem())}", $"private_key_file={Add("k.pem", other.ExportPkcs8PrivateKeyPem())}");

        CommandResult result = place.Start();

        result.ExitCode.ShouldBe(1);
        result.ToString().ShouldContain("config.properties:4: certificate_file cannot be used with its key");
    }

    [Fact]
    public async Task Start_UnixSocket_IsAskedThere()
    {
        string path = Path.Combine(place.Folder, "m.sock");
        File.WriteAllLines(place.ConfigFile, [$"inference_address=http://127.0.0.1:{place.InferencePort}", $"management_address=unix:{path}", "enable_metrics_api=false"]);
        place.StartWith(place.Pack("double"));

        using HttpClient client = new(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                System.Net.Sockets.Socket socket = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(path), cancellationToken);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        });
        (await client.GetStringAsync("http://here/models")).ShouldContain("double.mar");
        // A server that is killed leaves its socket behind, and the next one takes its place.
        System.Diagnostics.Process.GetProcessById(place.RecordedProcess!.Value).Kill();
        await Workplace.UntilAsync(() => Task.FromResult(!Workplace.IsRunning(place.RecordedProcess!.Value)), "the server is gone");
        place.StartWith("double.mar");
        (await client.GetStringAsync("http://here/models")).ShouldContain("double.mar");
    }

    public void Dispose()
    {
        place.Dispose();
        certificate.Dispose();
        key.Dispose();
    }

    private void Configure(params string[] lines) => File.WriteAllLines(
        place.ConfigFile, [$"inference_address=https://127.0.0.1:{place.InferencePort}", $"management_address=https://127.0.0.1:{place.ManagementPort}", "enable_metrics_api=false", .. lines]);

    private string Add(string name, string text)
    {
        string path = Path.Combine(place.Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string Add(string name, byte[] content)
    {
        string path = Path.Combine(place.Folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    // Trusts this one certificate and no other.
    private HttpClient Client() => new(new SocketsHttpHandler
    {
        SslOptions = new() { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString() },
    });
}
