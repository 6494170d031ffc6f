using Eisen.Serve.Testing;

namespace Eisen.Serve.Handlers.Tests.Contract;

public sealed class AnswerStreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Write_ReaderIsSlower_WaitsAndLosesNothing()
    {
        AnswerStream stream = new();
        int written = 0;
        Task writer = Task.Run(() =>
        {
            for (byte i = 0; i < 100; i++)
            {
                stream.Write(new[] { i }).ShouldBeTrue();
                Interlocked.Increment(ref written);
            }

            stream.End(HandlerAnswer.Success(new byte[] { 100 }));
        });

        List<byte> read = [];
        int mostAhead = 0;
        await foreach (ReadOnlyMemory<byte> part in stream.ReadAllAsync(CancellationToken.None))
        {
            mostAhead = Math.Max(mostAhead, Volatile.Read(ref written) - read.Count);
            read.Add(part.Span[0]);
        }

        await writer.WaitAsync(Patience);
        read.ShouldBe(Enumerable.Range(0, 101).Select(i => (byte)i));
        mostAhead.ShouldBeLessThan(20, "the writer should not run far ahead of the reader");
    }

    [Fact]
    public async Task Dispose_WriterWaitsForRoom_FreesIt()
    {
        AnswerStream stream = new();
        Task<int> writer = Task.Run(() =>
        {
            int count = 0;
            while (stream.Write(new byte[1]))
                count++;
            return count;
        });

        stream.Leave();

        await writer.WaitAsync(Patience);
        stream.End(HandlerAnswer.Success(new byte[1]));
    }

    [Fact]
    public async Task End_Failure_BreaksTheStreamAfterItsParts()
    {
        AnswerStream stream = new();
        stream.Write(new byte[1]);
        stream.End(HandlerAnswer.Failure(PredictionError.ModelFailed, "raised"));

        int parts = 0;
        BrokenAnswerException broken = await Should.ThrowAsync<BrokenAnswerException>(async () =>
        {
            await foreach (ReadOnlyMemory<byte> _ in stream.ReadAllAsync(CancellationToken.None))
                parts++;
        });

        parts.ShouldBe(1);
        broken.Error.ShouldBe(PredictionError.ModelFailed);
        broken.Message.ShouldBe("raised");
    }

    [Fact]
    public async Task ReadAllAsync_NextPartIsTooLate_Breaks()
    {
        ManualTime time = new();
        AnswerStream stream = new();
        stream.Limit(TimeSpan.FromSeconds(5), time);
        await using IAsyncEnumerator<ReadOnlyMemory<byte>> parts = stream.ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();

        stream.Write(new byte[1]);
        (await parts.MoveNextAsync()).ShouldBeTrue();
        Task<bool> next = parts.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(4));
        stream.Write(new byte[1]);
        (await next.WaitAsync(Patience)).ShouldBeTrue("the gap counts, not the whole");
        next = parts.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(5));

        (await Should.ThrowAsync<BrokenAnswerException>(() => next.WaitAsync(Patience))).Error.ShouldBe(PredictionError.DeadlineExceeded);
    }
}
