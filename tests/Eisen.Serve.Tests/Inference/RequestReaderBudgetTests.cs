using System.Text;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;
using Eisen.Serve.Inference;
using Microsoft.AspNetCore.Http;

namespace Eisen.Serve.Tests.Inference;

/// <summary>What a request takes of the bytes in flight, and that it gives all of it back.</summary>
public sealed class RequestReaderBudgetTests
{
    private const string Multipart = "multipart/form-data; boundary=xyz";

    private readonly InflightBytes inflight = new(100_000);

    [Theory]
    [InlineData(null)]
    [InlineData(Multipart)]
    public async Task ReadAsync_ContentLengthBeyondTheBudget_IsRefusedBeforeItIsRead(string? contentType)
    {
        Unread body = new();
        HttpRequest request = Request(contentType, body, 100_001);

        (await Should.ThrowAsync<TooManyBytesException>(() => ReadAsync(request))).Message.ShouldContain("this one needs 100001 more");

        body.WasRead.ShouldBeFalse();
        inflight.Taken.ShouldBe(0);
    }

    [Fact]
    public async Task ReadAsync_OthersHaveTheBudget_IsRefusedUntilOneIsDisposed()
    {
        HandlerRequest first = await ReadAsync(Request(null, Bytes(60_000), 60_000));
        inflight.Taken.ShouldBe(60_000);

        await Should.ThrowAsync<TooManyBytesException>(() => ReadAsync(Request(null, Bytes(60_000), 60_000)));
        inflight.Taken.ShouldBe(60_000);
        first.Dispose();
        inflight.Taken.ShouldBe(0);
        using HandlerRequest second = await ReadAsync(Request(null, Bytes(60_000), 60_000));

        second.Payload!.Content.Length.ShouldBe(60_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(100_000)]
    public async Task ReadAsync_LengthNotToldAndWithinTheBudget_IsReadAndGivenBack(int length)
    {
        HandlerRequest request = await ReadAsync(Request(null, Bytes(length), null));

        request.Payload!.Content.ToArray().ShouldBe(Bytes(length).ToArray());
        inflight.Taken.ShouldBeInRange(length, 100_000);
        request.Dispose();
        inflight.Taken.ShouldBe(0);
    }

    [Fact]
    public async Task ReadAsync_LengthNotToldAndBeyondTheBudget_IsRefusedAndGivenBack()
    {
        await Should.ThrowAsync<TooManyBytesException>(() => ReadAsync(Request(null, Bytes(100_001), null)));

        inflight.Taken.ShouldBe(0);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(2_000_000_000L)]
    public async Task ReadAsync_BudgetOfOneLargestRequest_HasRoomForOne(long? toldLength)
    {
        // As when both are set to the same, and small: nothing that comes may take more than the largest request.
        RequestReader reader = new(new ServerSettings { LogFolder = "/nowhere", MaxRequestSize = 1000 }, new InflightBytes(1000));

        using HandlerRequest request = await reader.ReadAsync(Request(null, Bytes(1000), toldLength), PredictionForm.SageMaker);

        request.Payload!.Content.Length.ShouldBe(1000);
    }

    [Fact]
    public async Task ReadAsync_ConnectionBreaks_GivesBack()
    {
        await Should.ThrowAsync<IOException>(() => ReadAsync(Request(null, new Breaking(), 50_000)));

        inflight.Taken.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadAsync_MultipartWithinTheBudget_IsGivenBackWhenDisposed(bool isLengthTold)
    {
        Stream body = Parts(40_000, 40_000);
        HandlerRequest request = await ReadAsync(Request(Multipart, body, isLengthTold ? body.Length : null));

        request.Parts.Select(part => part.Content.Length).ShouldBe([40_000, 40_000]);
        inflight.Taken.ShouldBeInRange(80_000, 100_000);
        request.Dispose();
        inflight.Taken.ShouldBe(0);
    }

    [Fact]
    public async Task ReadAsync_MultipartThatGrowsBeyondTheBudget_IsRefusedAndGivenBack()
    {
        await Should.ThrowAsync<TooManyBytesException>(() => ReadAsync(Request(Multipart, Parts(60_000, 60_000), null)));

        inflight.Taken.ShouldBe(0);
    }

    [Theory]
    [InlineData("--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--xyz\r\n\r\n\r\n--xyz--")]
    [InlineData("--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n1")]
    public async Task ReadAsync_MultipartMalformed_GivesBack(string body)
    {
        await Should.ThrowAsync<BadHttpRequestException>(() => ReadAsync(Request(Multipart, new MemoryStream(Encoding.Latin1.GetBytes(body)), body.Length)));

        inflight.Taken.ShouldBe(0);
    }

    private async Task<HandlerRequest> ReadAsync(HttpRequest request) =>
        await new RequestReader(new ServerSettings { LogFolder = "/nowhere" }, inflight).ReadAsync(request, PredictionForm.SageMaker);

    private static HttpRequest Request(string? contentType, Stream body, long? length)
    {
        HttpRequest request = new DefaultHttpContext().Request;
        request.ContentType = contentType;
        request.Body = body;
        request.ContentLength = length;
        return request;
    }

    private static MemoryStream Bytes(int length) => new([.. Enumerable.Range(0, length).Select(i => (byte)i)]);

    private static MemoryStream Parts(params int[] lengths)
    {
        StringBuilder body = new();
        foreach (int length in lengths)
            body.Append("--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n").Append('x', length).Append("\r\n");
        return new MemoryStream(Encoding.Latin1.GetBytes(body.Append("--xyz--\r\n").ToString()));
    }

    private sealed class Unread : MemoryStream
    {
        public bool WasRead { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            WasRead = true;
            return base.ReadAsync(buffer, cancellationToken);
        }
    }

    private sealed class Breaking : MemoryStream
    {
        private bool hasGiven;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (hasGiven)
                throw new IOException("the connection broke");
            hasGiven = true;
            return ValueTask.FromResult(Math.Min(buffer.Length, 1000));
        }
    }
}
