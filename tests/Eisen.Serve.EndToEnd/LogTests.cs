using System.Net;

namespace Eisen.Serve.EndToEnd;

/// <summary>What the real program writes into its logs.</summary>
public sealed class LogTests : IDisposable
{
    private readonly Workplace place = new();

    private string AccessLog => File.ReadAllText(Path.Combine(place.LogFolder, "access_log.log"));

    [Fact]
    public async Task Request_Answered_IsALineOfTorchServes()
    {
        place.StartWith(place.Pack("double"));

        await place.AskAsync("double", "[1]");
        (await place.ManageAsync(HttpMethod.Get, "models/nothing?customized=true")).Status.ShouldBe(HttpStatusCode.NotFound);

        await Workplace.UntilAsync(() => Task.FromResult(AccessLog.Count(letter => letter == '\n') == 2), "both lines are there");
        string[] lines = AccessLog.Split('\n');
        lines[0].ShouldMatch("""^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{3} - /127\.0\.0\.1:\d+ "POST /predictions/double HTTP/1\.1" 200 \d+$""");
        lines[1].ShouldMatch("""^\S+ - /127\.0\.0\.1:\d+ "GET /models/nothing\?customized=true HTTP/1\.1" 404 \d+$""");
    }

    [Fact]
    public async Task Stop_LinesThatWait_AreWritten()
    {
        place.StartWith(place.Pack("double"));
        for (int i = 0; i < 100; i++)
            await place.AskAsync("double", "[1]");

        place.Stop().ExitCode.ShouldBe(0);

        AccessLog.Split('\n').Count(line => line.Contains("POST /predictions/double", StringComparison.Ordinal)).ShouldBe(100);
    }

    [Fact]
    public async Task Answer_LargerThanAllowed_IsNotSent()
    {
        place.Configure("max_response_size=6");
        place.StartWith(place.Pack("double"));

        (HttpStatusCode status, string text) = await place.AskAsync("double", "[1]");

        status.ShouldBe(HttpStatusCode.InternalServerError);
        text.ShouldContain("max_response_size allows 6");
    }

    [Fact]
    public async Task Answer_WithCors_HasTheConfiguredFields()
    {
        place.Configure("cors_allowed_origin=https://yourdomain.com", "cors_allowed_methods=GET, POST, PUT, OPTIONS", "cors_allowed_headers=X-Custom-Header");
        place.StartWith(place.Pack("double"));

        foreach (string path in new[] { "ping", "predictions/nothing" })
        {
            using HttpResponseMessage response = await place.Inference.GetAsync(path);
            response.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["https://yourdomain.com"]);
            response.Headers.GetValues("Access-Control-Allow-Methods").Single().ShouldBe("GET, POST, PUT, OPTIONS");
            response.Headers.GetValues("Access-Control-Allow-Headers").ShouldBe(["X-Custom-Header"]);
        }
    }

    public void Dispose() => place.Dispose();
}
