using System.Net;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>Models registered from addresses, good and bad.</summary>
public sealed class AddressRegistrationTests : IDisposable
{
    private readonly Workplace place = new();
    private readonly OriginServer origin;

    public AddressRegistrationTests()
    {
        string archive = Path.Combine(place.Folder, "double.mar");
        Archives.Pack(archive, "double", "modules/double.pt");
        string failing = Path.Combine(place.Folder, "raises.mar");
        Archives.Pack(failing, "raises", "modules/raises.pt", config: "handler:\n  input_shape: [2]\n");
        origin = new OriginServer(async (path, connection, cancelled) =>
        {
            switch (path)
            {
                case "/good/double.mar":
                    await OriginServer.SendAsync(connection, await File.ReadAllBytesAsync(archive, cancelled));
                    break;
                case "/good/raises.mar":
                    await OriginServer.SendAsync(connection, await File.ReadAllBytesAsync(failing, cancelled));
                    break;
                case "/good/bad.mar":
                    await OriginServer.SendAsync(connection, "no archive"u8.ToArray());
                    break;
                case "/good/moved.mar":
                    await OriginServer.SendHeadAsync(connection, "302 Found", "Location: /elsewhere/double.mar", "Content-Length: 0");
                    break;
                case "/good/stalls.mar":
                    await OriginServer.SendHeadAsync(connection, "200 OK", "Content-Length: 100");
                    await Task.Delay(Timeout.Infinite, cancelled);
                    break;
                case "/good/endless.mar":
                    await OriginServer.SendHeadAsync(connection, "200 OK", "Connection: close");
                    while (true)
                        await connection.WriteAsync(new byte[4096], cancelled);
                default:
                    await OriginServer.SendHeadAsync(connection, "404 Not Found", "Content-Length: 0");
                    break;
            }
        });
    }

    [Fact]
    public async Task Register_AllowedAddress_ServesTheModelAndKeepsNothingElse()
    {
        Start($"allowed_urls=http://127.0.0.1:{origin.Port}/good/.*");

        (HttpStatusCode status, string text) = await RegisterAsync("/good/double.mar", "&initial_workers=1");

        status.ShouldBe(HttpStatusCode.OK, text);
        (await place.AskAsync("double", "[3]")).Text.ShouldBe("[\n  6.0\n]");
        (await place.DescribeAsync("double")).GetProperty("modelUrl").GetString().ShouldBe($"http://127.0.0.1:{origin.Port}/good/double.mar");
        place.UnpackedArchives.Length.ShouldBe(1, "what was fetched goes when it has been unpacked");
        Directory.EnumerateFileSystemEntries(place.ModelStore).ShouldBeEmpty();
        (await RegisterAsync("/good/double.mar", "")).Status.ShouldBe(HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData("/good/bad.mar", 400, "neither a zip")]
    [InlineData("/good/missing.mar", 400, "the server answered 404")]
    [InlineData("/good/moved.mar", 400, "the server redirects to an address that is not allowed")]
    [InlineData("/good/stalls.mar", 400, "it takes longer than 1 s (download_timeout)")]
    [InlineData("/good/endless.mar", 400, "it is larger than 100000 bytes (max_download_size)")]
    [InlineData("/elsewhere/double.mar", 404, "does not match any allowed URL(s)")]
    [InlineData("/good/../elsewhere/double.mar", 404, "Relative path is not allowed")]
    public async Task Register_BadAddress_SaysWhyAndLeavesNothing(string path, int status, string message)
    {
        Start($"allowed_urls=http://127.0.0.1:{origin.Port}/good/.*", "download_timeout=1", "max_download_size=100000");

        (HttpStatusCode given, string text) = await RegisterAsync(path, "");

        ((int)given).ShouldBe(status, text);
        text.ShouldContain(message);
        NothingStays();
    }

    [Fact]
    public async Task Scale_FetchedArchiveFailed_SaysToRegisterItAgain()
    {
        Start($"allowed_urls=http://127.0.0.1:{origin.Port}/good/.*");
        (await RegisterAsync("/good/raises.mar", "&initial_workers=1")).Status.ShouldBe(HttpStatusCode.InternalServerError);

        (HttpStatusCode status, string text) = await place.ManageAsync(HttpMethod.Put, "models/raises?min_worker=1&synchronous=true");

        status.ShouldBe(HttpStatusCode.Conflict, text);
        text.ShouldContain("register it again");
        (await place.ManageAsync(HttpMethod.Put, "models/raises?min_worker=0&synchronous=true")).Status.ShouldBe(HttpStatusCode.OK);
        (await RegisterAsync("/good/raises.mar", "&initial_workers=1")).Status.ShouldBe(HttpStatusCode.InternalServerError, "it is tried, and fails");
        origin.Asked.Count.ShouldBe(2);
        NothingStays();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Register_PrivateAddressThatNoPatternNames_IsRefusedAndNotAsked(string host)
    {
        Start("allowed_urls=http://.*");

        (HttpStatusCode status, string text) = await place.ManageAsync(HttpMethod.Post, $"models?url=http://{host}:{origin.Port}/good/double.mar");

        status.ShouldBe(HttpStatusCode.BadRequest);
        text.ShouldContain("its host is in a private network, and allowed_urls does not name it");
        origin.Asked.ShouldBeEmpty();
        NothingStays();
    }

    [Fact]
    public async Task Register_NothingAllowed_IsRefusedAndNotAsked()
    {
        Start();

        (HttpStatusCode status, string text) = await RegisterAsync("/good/double.mar", "");

        status.ShouldBe(HttpStatusCode.NotFound);
        text.ShouldContain("does not match any allowed URL(s)");
        (await place.ManageAsync(HttpMethod.Post, $"models?url=file://{place.Folder}/double.mar")).Status.ShouldBe(HttpStatusCode.NotFound);
        origin.Asked.ShouldBeEmpty();
        NothingStays();
    }

    [Fact]
    public async Task Register_AllowedFile_IsOpenedWhereItLies()
    {
        Start($"allowed_urls=file://{place.Folder}/.*");

        (await place.ManageAsync(HttpMethod.Post, $"models?url=file://{place.Folder}/double.mar&initial_workers=1")).Status.ShouldBe(HttpStatusCode.OK);

        (await place.AskAsync("double", "[3]")).Text.ShouldBe("[\n  6.0\n]");
        (await place.ManageAsync(HttpMethod.Post, "models?url=file:///etc/passwd")).Status.ShouldBe(HttpStatusCode.NotFound);
        File.Exists(Path.Combine(place.Folder, "double.mar")).ShouldBeTrue();
    }

    public void Dispose()
    {
        place.Stop();
        place.Dispose();
        origin.Dispose();
    }

    private void Start(params string[] lines)
    {
        place.Configure(lines);
        CommandResult result = place.Start();
        result.ExitCode.ShouldBe(0, result.ToString());
    }

    private Task<(HttpStatusCode Status, string Text)> RegisterAsync(string path, string more) =>
        place.ManageAsync(HttpMethod.Post, $"models?url={Uri.EscapeDataString($"http://127.0.0.1:{origin.Port}{path}")}{more}");

    private void NothingStays()
    {
        place.UnpackedArchives.ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(place.ModelStore).ShouldBeEmpty();
    }
}
