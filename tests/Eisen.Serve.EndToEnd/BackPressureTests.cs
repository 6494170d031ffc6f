using System.Net;

namespace Eisen.Serve.EndToEnd;

/// <summary>More requests than the server can take.</summary>
public sealed class BackPressureTests : IDisposable
{
    private const int BodyLimit = 1_000_000;
    private const int InflightLimit = 1_500_000;

    private readonly Workplace place = new();

    // It kills a server whose worker never ends.
    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Queue_Full_RefusesTheRestAtOnce()
    {
        place.Configure("job_queue_size=2", "intra_op_threads=1");
        place.StartWith(place.Pack("sleeps"));
        _ = await place.KeepBusyAsync("sleeps", Asking.Endless);
        Task<(HttpStatusCode Status, string Text)>[] waiting = [.. Enumerable.Range(0, 2).Select(_ => place.AskAsync("sleeps", "[1]"))];
        await place.UntilWaitingAsync("sleeps", 2);

        (HttpStatusCode Status, string Text)[] extra = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => place.AskAsync("sleeps", "[1]")));

        extra.ShouldAllBe(answer => answer.Status == HttpStatusCode.ServiceUnavailable);
        extra[0].Text.ShouldContain("\"type\": \"ServiceUnavailableException\"");
        extra[0].Text.ShouldContain("has no worker to serve inference request");
        waiting.ShouldAllBe(task => !task.IsCompleted);
        (await place.DescribeAsync("sleeps")).GetProperty("jobQueueStatus").GetProperty("remainingCapacity").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task Deadline_OfTheClient_FreesItWhileTheWorkerIsBusy()
    {
        place.Configure("intra_op_threads=1");
        place.StartWith(place.Pack("sleeps"));

        (HttpStatusCode status, string text) = await place.AskAsync("sleeps", $"[{Asking.Endless}]", "100ms");
        status.ShouldBe(HttpStatusCode.InternalServerError, "its own forward never ends");
        text.ShouldMatch("there was no answer within [0-9]+ ms");

        (await place.AskAsync("sleeps", "[1]", "0.1")).Status.ShouldBe(HttpStatusCode.InternalServerError, "it waits for the worker");
        (await place.AskAsync("sleeps", "[1]", "0.1s")).Status.ShouldBe(HttpStatusCode.InternalServerError);
        await place.UntilWaitingAsync("sleeps", 0);
    }

    [Fact]
    public async Task Deadline_OfTheModel_FreesTheClient()
    {
        place.Configure("intra_op_threads=1");
        place.StartWith(place.Pack("sleeps", config: "responseTimeout: 1\n"));

        (HttpStatusCode status, string text) = await place.AskAsync("sleeps", $"[{Asking.Endless}]", "50s");

        status.ShouldBe(HttpStatusCode.InternalServerError);
        text.ShouldContain("there was no answer within 1 s");
    }

    [Fact]
    public async Task Deadline_Malformed_Is400()
    {
        place.StartWith(place.Pack("double"));

        foreach (string deadline in new[] { "soon", "-1", "0", "1 hour", "NaN", "1e3", "5ms5" })
        {
            (HttpStatusCode status, string text) = await place.AskAsync("double", "[1]", deadline);

            status.ShouldBe(HttpStatusCode.BadRequest);
            text.ShouldContain($"X-Request-Timeout is '{deadline}'; it takes seconds such as 2 or 0.5");
        }
    }

    [Fact]
    public async Task Client_GoneWhileItWaits_LeavesTheQueue()
    {
        place.Configure("intra_op_threads=1");
        place.StartWith(place.Pack("sleeps"));
        _ = await place.KeepBusyAsync("sleeps", Asking.Endless);
        RawConnection client = await RawConnection.OpenAsync(place.InferencePort);
        await client.SendAsync(RawConnection.Head("sleeps", "Content-Length: 3") + "[1]");
        await place.UntilWaitingAsync("sleeps", 1);

        client.Vanish();

        await place.UntilWaitingAsync("sleeps", 0);
    }

    [Fact]
    public async Task Bytes_BeyondTheBudget_AreRefusedBeforeTheyAreSent()
    {
        StartWithBudget();
        using RawConnection first = await RawConnection.AnnounceAsync(place.InferencePort, "identity", 900_000);

        using RawConnection second = await RawConnection.OpenAsync(place.InferencePort);
        await second.SendAsync(RawConnection.Head("identity", "Content-Length: 900000\r\nExpect: 100-continue"));
        string refusal = await second.ReadAnswerAsync();

        refusal.ShouldStartWith("HTTP/1.1 503 ");
        refusal.ShouldContain("the requests under way take 900000 bytes, and may take 1500000 together (max_inflight_bytes); this one needs 900000 more");
        (await AskAsync(100_000)).ShouldBe(HttpStatusCode.OK, "there is room for less");
        first.Vanish();
        await Workplace.UntilAsync(async () => await AskAsync(900_000) == HttpStatusCode.OK, "what the first one took is given back");
    }

    [Fact]
    public async Task Bytes_ChunkedBeyondTheBudget_AreRefusedOnTheWay()
    {
        StartWithBudget();
        using RawConnection first = await RawConnection.AnnounceAsync(place.InferencePort, "identity", 900_000);

        using RawConnection second = await RawConnection.OpenAsync(place.InferencePort);
        await second.SendAsync(RawConnection.Head("identity", "Transfer-Encoding: chunked"));
        byte[] chunk = [.. "186A0\r\n"u8, .. new byte[100_000], .. "\r\n"u8];
        for (int i = 0; i < 7; i++)
            await second.SendAsync(chunk);
        (await second.ReadHeadAsync()).ShouldStartWith("HTTP/1.1 503 ");

        using RawConnection third = await RawConnection.AnnounceAsync(place.InferencePort, "identity", 550_000);
        using RawConnection fourth = await RawConnection.OpenAsync(place.InferencePort);
        await fourth.SendAsync(RawConnection.Head("identity", "Transfer-Encoding: chunked\r\nExpect: 100-continue"));
        // Not even the first bytes have room.
        (await fourth.ReadHeadAsync()).ShouldStartWith("HTTP/1.1 503 ");
    }

    [Fact]
    public async Task Bytes_AfterEveryEndOfARequest_AreGivenBack()
    {
        StartWithBudget();

        for (int i = 0; i < 5; i++)
        {
            (await AskAsync(900_000)).ShouldBe(HttpStatusCode.OK);
            (await AskAsync(900_000, "raises")).ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await AskAsync(900_000, shape: "1,1")).ShouldBe(HttpStatusCode.BadRequest);
            (await AskAsync(900_000, "missing")).ShouldBe(HttpStatusCode.NotFound);
            (await AskAsync(BodyLimit + 4)).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
            await RefuseMultipartAsync();
        }

        (await AskAsync(BodyLimit)).ShouldBe(HttpStatusCode.OK);
        place.Stop().ExitCode.ShouldBe(0);
    }

    private void StartWithBudget()
    {
        place.Configure($"max_request_size={BodyLimit}", $"max_inflight_bytes={InflightLimit}");
        place.StartWith(place.Pack("identity", "tensor"), place.Pack("raises", "tensor"));
    }

    private async Task<HttpStatusCode> AskAsync(int bytes, string model = "identity", string? shape = null) =>
        (await new RawTensor("uint8", shape ?? $"1,{bytes}", new byte[bytes]).AskAsync(place.Inference, model)).Status;

    private async Task RefuseMultipartAsync()
    {
        using ByteArrayContent body = new(new byte[900_000]);
        body.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=nowhere");
        using HttpResponseMessage response = await place.Inference.PostAsync("predictions/identity", body);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }
}
