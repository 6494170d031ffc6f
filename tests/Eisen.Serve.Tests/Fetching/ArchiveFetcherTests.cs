using Eisen.Serve.Fetching;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Tests.Fetching;

public sealed class ArchiveFetcherTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task FetchAsync_File_IsThereUntilDisposed()
    {
        using OriginServer origin = new((_, connection, _) => OriginServer.SendAsync(connection, "an archive"u8.ToArray()));

        using (FetchedArchive fetched = await FetchAsync(origin, "/a.mar"))
            (await File.ReadAllTextAsync(fetched.FilePath)).ShouldBe("an archive");

        NothingStays();
    }

    [Fact]
    public async Task FetchAsync_RedirectWithinWhatIsAllowed_IsFollowed()
    {
        using OriginServer origin = new((path, connection, _) => path == "/a.mar"
            ? OriginServer.SendHeadAsync(connection, "302 Found", "Location: /allowed/b.mar", "Content-Length: 0")
            : OriginServer.SendAsync(connection, "moved"u8.ToArray()));

        using FetchedArchive fetched = await FetchAsync(origin, "/a.mar");

        (await File.ReadAllTextAsync(fetched.FilePath)).ShouldBe("moved");
        origin.Asked.ShouldBe(["/a.mar", "/allowed/b.mar"]);
    }

    [Theory]
    [InlineData("/elsewhere/b.mar")]
    [InlineData("http://localhost:1/allowed/b.mar")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/allowed/b.mar")]
    public async Task FetchAsync_RedirectAway_IsRefusedAndNotFollowed(string location)
    {
        using OriginServer origin = new((_, connection, _) => OriginServer.SendHeadAsync(connection, "302 Found", $"Location: {location}", "Content-Length: 0"));

        (await RefusalAsync(origin, "/a.mar")).ShouldBe("the server redirects to an address that is not allowed");

        origin.Asked.ShouldBe(["/a.mar"]);
        NothingStays();
    }

    [Fact]
    public async Task FetchAsync_RedirectsWithoutEnd_AreRefused()
    {
        using OriginServer origin = new((_, connection, _) => OriginServer.SendHeadAsync(connection, "307 Temporary Redirect", "Location: /allowed/again", "Content-Length: 0"));

        (await RefusalAsync(origin, "/a.mar")).ShouldBe("it is redirected more than 5 times");
    }

    [Fact]
    public async Task FetchAsync_NotFound_SaysSo()
    {
        using OriginServer origin = new((_, connection, _) => OriginServer.SendHeadAsync(connection, "404 Not Found", "Content-Length: 0"));

        (await RefusalAsync(origin, "/a.mar")).ShouldBe("the server answered 404");
        NothingStays();
    }

    [Theory]
    [InlineData("Content-Length: 1001")]
    [InlineData("Connection: close")]
    public async Task FetchAsync_TooLarge_IsRefusedWhetherToldOrNot(string field)
    {
        using OriginServer origin = new(async (_, connection, cancelled) =>
        {
            await OriginServer.SendHeadAsync(connection, "200 OK", field);
            while (true)
                await connection.WriteAsync(new byte[512], cancelled);
        });

        (await RefusalAsync(origin, "/a.mar", new FetchLimits(1000, Patience))).ShouldBe("it is larger than 1000 bytes (max_download_size)");

        NothingStays();
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    [InlineData("")]
    public async Task FetchAsync_ServerStalls_IsGivenUp(string sent)
    {
        ManualTime time = new();
        TaskCompletionSource stalling = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using OriginServer origin = new(async (_, connection, cancelled) =>
        {
            await connection.WriteAsync(System.Text.Encoding.ASCII.GetBytes(sent), cancelled);
            stalling.SetResult();
            await Task.Delay(Timeout.Infinite, cancelled);
        });

        Task<string> refusal = RefusalAsync(origin, "/a.mar", time: time);
        await stalling.Task.WaitAsync(Patience);
        while (!refusal.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(31));
            await Task.Yield();
        }

        (await refusal).ShouldBeOneOf("the server sends nothing for 30 s", "it takes longer than 60 s (download_timeout)");
        NothingStays();
    }

    [Fact]
    public async Task FetchAsync_ServerTrickles_IsGivenUpInTheEnd()
    {
        ManualTime time = new();
        using OriginServer origin = new(async (_, connection, cancelled) =>
        {
            await OriginServer.SendHeadAsync(connection, "200 OK", "Connection: close");
            while (true)
            {
                await connection.WriteAsync("x"u8.ToArray(), cancelled);
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(1, cancelled);
            }
        });

        (await RefusalAsync(origin, "/a.mar", time: time)).ShouldBe("it takes longer than 60 s (download_timeout)");

        NothingStays();
    }

    [Fact]
    public async Task FetchAsync_PrivateAddressThatIsNotNamed_IsRefusedAndNotAsked()
    {
        using OriginServer origin = new((_, connection, _) => OriginServer.SendAsync(connection, []));
        using ArchiveFetcher fetcher = Fetcher("http://.*");

        foreach (string host in new[] { "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]" })
        {
            FetchException refused = await Should.ThrowAsync<FetchException>(() => fetcher.FetchAsync(new Uri($"http://{host}:{origin.Port}/a.mar"), CancellationToken.None));
            refused.Message.ShouldBe("its host is in a private network, and allowed_urls does not name it");
        }

        origin.Asked.ShouldBeEmpty();
        NothingStays();
    }

    [Fact]
    public async Task FetchAsync_NobodyListens_SaysSo()
    {
        OriginServer gone = new((_, _, _) => Task.CompletedTask);
        int port = gone.Port;
        gone.Dispose();
        using ArchiveFetcher fetcher = Fetcher("http://127.0.0.1.*");

        (await Should.ThrowAsync<FetchException>(() => fetcher.FetchAsync(new Uri($"http://127.0.0.1:{port}/a.mar"), CancellationToken.None))).Message.ShouldContain("refused");
    }

    [Fact]
    public async Task FetchAsync_Cancelled_LeavesNothing()
    {
        using CancellationTokenSource cancelling = new();
        using OriginServer origin = new(async (_, connection, cancelled) =>
        {
            await OriginServer.SendHeadAsync(connection, "200 OK", "Connection: close");
            await cancelling.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancelled);
        });
        using ArchiveFetcher fetcher = Fetcher($"http://127.0.0.1:{origin.Port}/.*");

        await Should.ThrowAsync<OperationCanceledException>(() => fetcher.FetchAsync(new Uri($"http://127.0.0.1:{origin.Port}/a.mar"), cancelling.Token));

        NothingStays();
    }

    public void Dispose() => folder.Dispose();

    private async Task<FetchedArchive> FetchAsync(OriginServer origin, string path)
    {
        using ArchiveFetcher fetcher = Fetcher(Patterns(origin));
        return await fetcher.FetchAsync(new Uri($"http://127.0.0.1:{origin.Port}{path}"), CancellationToken.None);
    }

    private async Task<string> RefusalAsync(OriginServer origin, string path, FetchLimits? limits = null, TimeProvider? time = null)
    {
        using ArchiveFetcher fetcher = Fetcher(Patterns(origin), limits, time);
        return (await Should.ThrowAsync<FetchException>(() => fetcher.FetchAsync(new Uri($"http://127.0.0.1:{origin.Port}{path}"), CancellationToken.None))).Message;
    }

    private static string Patterns(OriginServer origin) => $@"http://127\.0\.0\.1:{origin.Port}/(a.mar|allowed/.*)";

    private ArchiveFetcher Fetcher(string pattern, FetchLimits? limits = null, TimeProvider? time = null) =>
        new(new AllowedUrls([pattern]), limits ?? new FetchLimits(1 << 20, TimeSpan.FromSeconds(60)), folder.Path, time ?? TimeProvider.System);

    private void NothingStays() => Directory.EnumerateFileSystemEntries(folder.Path).ShouldBeEmpty();
}
