using Eisen.Serve.Data;
using Eisen.Serve.Engine;
using Eisen.Serve.Inference;

namespace Eisen.Serve.Tests.Inference;

public sealed class ReceivedBodyTests
{
    private readonly InflightBytes inflight = new(1000);

    [Fact]
    public void Reserve_UpToTheBudget_IsTakenUntilDisposed()
    {
        ReceivedBody body = new(inflight);

        body.Reserve(600);
        body.Reserve(400);
        inflight.Taken.ShouldBe(1000);
        body.Dispose();
        body.Dispose();

        inflight.Taken.ShouldBe(0);
    }

    [Fact]
    public void Reserve_BeyondTheBudget_TakesNothingMoreAndSaysWhatThereIs()
    {
        inflight.TryTake(300);
        using ReceivedBody body = new(inflight);
        body.Reserve(200);

        Should.Throw<TooManyBytesException>(() => body.Reserve(501)).Message
            .ShouldBe("the requests under way take 500 bytes, and may take 1000 together (max_inflight_bytes); this one needs 501 more");

        inflight.Taken.ShouldBe(500);
        body.Dispose();
        inflight.Taken.ShouldBe(300);
    }

    [Fact]
    public void Append_WithinTheReservation_TakesNothingMore()
    {
        using ReceivedBody body = new(inflight);
        body.Reserve(100);
        NativeBuffer buffer = body.NewBuffer(10);

        for (int i = 0; i < 10; i++)
            body.Append(buffer, [.. Enumerable.Repeat((byte)i, 10)]);

        inflight.Taken.ShouldBe(100);
        buffer.Written.ToArray().ShouldBe(Enumerable.Range(0, 100).Select(i => (byte)(i / 10)));
    }

    [Fact]
    public void Append_BeyondTheReservation_TakesMoreAsLongAsThereIs()
    {
        using ReceivedBody body = new(inflight);
        body.Reserve(100);
        NativeBuffer buffer = body.NewBuffer(0);

        body.Append(buffer, new byte[101]);
        inflight.Taken.ShouldBe(200, "as much again, so that it is not asked for each piece");
        body.Append(buffer, new byte[899]);
        inflight.Taken.ShouldBe(1000);
        Should.Throw<TooManyBytesException>(() => body.Append(buffer, [1]));

        inflight.Taken.ShouldBe(1000);
        buffer.Length.ShouldBe(1000);
    }

    [Fact]
    public void Append_SeveralBuffers_CountTogetherAndGoTogether()
    {
        ReceivedBody body = new(inflight);
        body.Reserve(8);
        NativeBuffer first = body.NewBuffer(0);
        NativeBuffer second = body.NewBuffer(0);
        NativeBuffer third = body.NewBuffer(4);

        body.Append(first, "abc"u8);
        body.Append(third, "def"u8);
        body.Append(second, "gh"u8);
        inflight.Taken.ShouldBe(8);
        first.Written.ToArray().ShouldBe("abc"u8.ToArray());
        Memory<byte>[] written = [first.Written, second.Written, third.Written];
        body.Dispose();

        inflight.Taken.ShouldBe(0);
        foreach (Memory<byte> each in written)
            Should.Throw<ObjectDisposedException>(() => each.Span.Length);
    }
}
