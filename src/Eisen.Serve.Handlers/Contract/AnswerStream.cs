using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// The parts of an answer that comes piece by piece. A worker's thread writes, and waits while the client is slower than
/// the handler; whoever sends the answer reads. Disposing it, which the reader's side does, tells the writer that nobody
/// reads any more.
/// </summary>
public sealed class AnswerStream : IDisposable
{
    // Enough that a handler and a client that go at the same pace do not wait for each other.
    private const int PartsAhead = 16;

    private readonly Channel<ReadOnlyMemory<byte>> parts =
        Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(PartsAhead) { SingleReader = true, SingleWriter = true });

    private readonly CancellationTokenSource readerGone = new();
    private TimeProvider time = TimeProvider.System;
    private TimeSpan patience = Timeout.InfiniteTimeSpan;

    /// <summary>Makes a stream whose reader waits for each part as long as it takes.</summary>
    public AnswerStream() => ReaderGone = readerGone.Token;

    /// <summary>Cancelled when nobody reads any more.</summary>
    public CancellationToken ReaderGone { get; }

    /// <summary>Bounds how long the reader waits for the next part; to be called before it reads.</summary>
    public void Limit(TimeSpan gap, TimeProvider clock)
    {
        patience = gap;
        time = clock;
    }

    /// <summary>Adds a part, and waits for room where there is none.</summary>
    /// <param name="part">Bytes that nobody changes any more.</param>
    /// <returns>False when nobody reads any more; the part is dropped then.</returns>
    public bool Write(ReadOnlyMemory<byte> part)
    {
        try
        {
            while (!ReaderGone.IsCancellationRequested)
            {
                if (parts.Writer.TryWrite(part))
                    return true;
                // The writer is a worker's own thread, which has nothing else to do.
                if (!parts.Writer.WaitToWriteAsync(ReaderGone).AsTask().GetAwaiter().GetResult())
                    return false;
            }
        }
        catch (OperationCanceledException)
        {
            // The reader has gone.
        }

        return false;
    }

    /// <summary>Ends the stream with the answer that the handler gave in the end, which is disposed: its content is the last
    /// part; a failure breaks the stream.</summary>
    public void End(HandlerAnswer last)
    {
        using (last)
        {
            if (last.Error != PredictionError.None)
            {
                parts.Writer.TryComplete(new BrokenAnswerException(last.Error, last.Message));
                return;
            }

            if (!last.Content.IsEmpty)
                Write(last.Content.ToArray());
            parts.Writer.TryComplete();
        }
    }

    /// <summary>The parts as they come.</summary>
    /// <exception cref="BrokenAnswerException">The handler failed after it had begun to answer, or the next part did not come
    /// in time.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await NextAsync(cancellationToken))
        {
            while (parts.Reader.TryRead(out ReadOnlyMemory<byte> part))
                yield return part;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => readerGone.Cancel();

    private async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        ValueTask<bool> waiting = parts.Reader.WaitToReadAsync(cancellationToken);
        if (waiting.IsCompleted || patience == Timeout.InfiniteTimeSpan)
            return await waiting;
        try
        {
            return await waiting.AsTask().WaitAsync(patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new BrokenAnswerException(PredictionError.DeadlineExceeded, $"the next part of the answer did not come within {DurationText.Of(patience)}");
        }
    }
}
