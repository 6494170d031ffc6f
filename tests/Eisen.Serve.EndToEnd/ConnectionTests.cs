using System.Diagnostics;
using System.Net;

namespace Eisen.Serve.EndToEnd;

/// <summary>Clients that vanish, stall, or do not speak HTTP.</summary>
public sealed class ConnectionTests : IDisposable
{
    private static readonly byte[] Garbage = [0x16, 3, 1, 0, 0xA5, 1, 0, 0, 0xA1, 3, 3, 0, 0xFF, 10, 13, 10, 13, 10]; // as a TLS client begins

    private readonly Workplace place = new();

    public ConnectionTests()
    {
        place.Configure("max_request_size=20000000", "max_response_size=20000000");
        place.StartWith(place.Pack("double", "tensor"), place.Pack("sleeps"));
    }

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Clients_VanishingMidBody_LeaveNothingBehind()
    {
        for (int i = 0; i < 30; i++)
        {
            RawConnection client = await RawConnection.AnnounceAsync(place.InferencePort, "double", 1_000_000);
            await client.SendAsync(new byte[1000 * i]);
            if (i % 3 == 0)
                client.Vanish();
            else if (i % 3 == 1)
                client.Dispose();
            else
                await EndEarlyAsync(client);
        }

        await AnswersAndStopsAsync();
    }

    [Fact]
    public async Task Clients_VanishingMidChunk_LeaveNothingBehind()
    {
        for (int i = 0; i < 10; i++)
        {
            RawConnection client = await RawConnection.OpenAsync(place.InferencePort);
            await client.SendAsync(RawConnection.Head("double", "Transfer-Encoding: chunked\r\nX-Tensor-Dtype: float32\r\nX-Tensor-Shape: 1,25000") + "186A0\r\nbegun");
            client.Vanish();
        }

        await AnswersAndStopsAsync();
    }

    [Fact]
    public async Task Clients_VanishingMidResponse_LeaveNothingBehind()
    {
        byte[] body = new byte[16_000_000];
        for (int i = 0; i < 10; i++)
        {
            RawConnection client = await RawConnection.OpenAsync(place.InferencePort);
            await client.SendAsync(RawConnection.Head("double", $"Content-Length: {body.Length}\r\nX-Tensor-Dtype: float32\r\nX-Tensor-Shape: 1,{body.Length / 4}"));
            await client.SendAsync(body);
            (await client.ReadHeadAsync()).ShouldStartWith("HTTP/1.1 200 ");
            client.Vanish();
        }

        await AnswersAndStopsAsync();
    }

    [Fact]
    public async Task Clients_VanishingWhileTheirForwardRuns_LeaveNothingBehind()
    {
        for (int i = 0; i < 10; i++)
        {
            RawConnection client = await RawConnection.OpenAsync(place.InferencePort);
            await client.SendAsync(RawConnection.Head("sleeps", "Content-Length: 5") + "[200]");
            client.Vanish();
        }

        (await place.AskAsync("sleeps", "[1]")).Status.ShouldBe(HttpStatusCode.OK);
        await AnswersAndStopsAsync();
    }

    [Fact]
    public async Task Requests_Malformed_AreRefusedAndTheServerAnswers()
    {
        string post = "POST /predictions/double HTTP/1.1\r\nHost: here\r\n";
        string[] malformed =
        [
            "NONSENSE\r\n\r\n",
            "GET /ping HTTP/9.9\r\n\r\n",
            "GET /ping HTTP/1.1\r\n\r\n",
            "GET /ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET ping HTTP/1.1\r\nHost: here\r\n\r\n",
            "GET /ping HTTP/1.1\r\nHost: here\r\nno colon\r\n\r\n",
            "GET /ping HTTP/1.1\r\nHost: here\r\nA: \0\r\n\r\n",
            $"GET /{new string('a', 10_000)} HTTP/1.1\r\nHost: here\r\n\r\n",
            $"GET /ping HTTP/1.1\r\nHost: here\r\nA: {new string('a', 50_000)}\r\n\r\n",
            $"{post}Content-Length: -1\r\n\r\n",
            $"{post}Content-Length: 99999999999999999999\r\n\r\n",
            $"{post}Content-Length: 4\r\nContent-Length: 5\r\n\r\n[1]",
            $"{post}Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
            $"{post}Transfer-Encoding: chunked\r\n\r\n3\r\n[1]and more",
            $"{post}Transfer-Encoding: gzip\r\n\r\n[1]",
            $"{post}Content-Type: multipart/form-data; boundary=\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
            $"{post}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9\r\nConnection: close\r\n\r\n--x\r\nA\r\n\r\n",
            "POST /predictions/%00%ff/..%2f..%2f HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ];

        foreach (string text in malformed)
        {
            using RawConnection client = await RawConnection.OpenAsync(place.InferencePort);
            await client.SendAsync(text);
            string answer = await client.ReadToEndAsync();
            answer.Split(' ')[1][0].ShouldBe(answer.StartsWith("HTTP/1.1 505", StringComparison.Ordinal) ? '5' : '4', $"{text}\n{answer}");
        }

        using RawConnection other = await RawConnection.OpenAsync(place.InferencePort);
        await other.SendAsync(Garbage);
        other.EndSending();
        await other.ReadToEndAsync();
        await AnswersAndStopsAsync();
    }

    [Fact]
    public async Task Requests_SentInOneGo_AreAnsweredInTheirOrder()
    {
        using RawConnection client = await RawConnection.OpenAsync(place.InferencePort);

        await client.SendAsync(string.Concat(Enumerable.Range(1, 5).Select(i => RawConnection.Head("sleeps", "Content-Length: 3") + $"[{i}]")));
        await client.SendAsync("GET /ping HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");

        string answers = await client.ReadToEndAsync();
        answers.Split("\r\n\r\n").Skip(1).Select(rest => rest.Split("HTTP/1.1")[0]).ShouldBe(
            ["[\n  1.0\n]", "[\n  2.0\n]", "[\n  3.0\n]", "[\n  4.0\n]", "[\n  5.0\n]", "{\n  \"status\": \"Healthy\"\n}\n"]);
        await AnswersAndStopsAsync();
    }

    // The rest of the body will never come: the server need not say more, but must hang up.
    private static async Task EndEarlyAsync(RawConnection client)
    {
        using (client)
        {
            client.EndSending();
            await client.ReadToEndAsync();
        }
    }

    private async Task AnswersAndStopsAsync()
    {
        (HttpStatusCode status, RawTensor tensor, _) = await RawTensor.Of("1,2", 1f, 2f).AskAsync(place.Inference, "double");
        status.ShouldBe(HttpStatusCode.OK);
        tensor.Floats.ShouldBe([2, 4]);
        place.Log.ShouldNotContain("failed inside the server");

        // It would wait for a request that nobody ended: for 120 seconds, as long as any may take.
        long start = Stopwatch.GetTimestamp();
        CommandResult stop = place.Stop();
        stop.ExitCode.ShouldBe(0, stop.ToString());
        stop.Output.ShouldNotContain("not answered");
        Stopwatch.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(30));
        place.UnpackedArchives.ShouldBeEmpty();
    }
}
