using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Features;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Eisen.Serve.Logging;

/// <summary>
/// A line for each request. On the request's way it is only put into a bounded queue, without an object of its own; a thread
/// beside it, which may wait for the disk, writes many at once. When the queue is full, lines are left out and counted.
/// </summary>
internal sealed class AccessLog : IAsyncDisposable
{
    private const int MostQueued = 16_384;
    private const int MostAtOnce = 512;

    private static readonly MessageTemplate Template = new MessageTemplateParser().Parse($"{{{AccessBatch.Name}}}");

    /// <summary>How long lines gather. Waking a thread for each one would cost more than all the rest.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // What goes on when there is something to read is a thread that wakes: it needs none of the pool's.
    private readonly Channel<AccessEntry> queue =
        Channel.CreateBounded<AccessEntry>(new BoundedChannelOptions(MostQueued) { SingleReader = true, AllowSynchronousContinuations = true });
    private readonly CancellationTokenSource ending = new();
    private readonly Logger log;
    private readonly DroppedLines dropped;
    private readonly TimeProvider time;
    private readonly Task writing;
    private readonly bool isEnabled;

    /// <summary>Begins to write.</summary>
    /// <param name="log">Where to. It must have written an event when it comes back: the batch is used again.</param>
    /// <param name="dropped">Counts what is left out.</param>
    /// <param name="time">The clock.</param>
    public AccessLog(Logger log, DroppedLines dropped, TimeProvider time)
    {
        this.log = log;
        this.dropped = dropped;
        this.time = time;
        isEnabled = log.IsEnabled(LogEventLevel.Fatal);
        writing = isEnabled ? Task.Factory.StartNew(WriteAll, TaskCreationOptions.LongRunning) : Task.CompletedTask;
    }

    /// <summary>Notes when a request begins.</summary>
    public long Begin() => time.GetTimestamp();

    /// <summary>Logs a request that has been answered. Never waits.</summary>
    /// <param name="context">The request.</param>
    /// <param name="start">What <see cref="Begin"/> gave.</param>
    public void Write(HttpContext context, long start)
    {
        if (!isEnabled)
            return;
        IHttpRequestFeature request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        IHttpConnectionFeature? connection = context.Features.Get<IHttpConnectionFeature>();
        AccessEntry entry = new(
            time.GetLocalNow(), connection?.RemoteIpAddress, connection?.RemotePort ?? 0, request.Method, request.RawTarget, request.Protocol,
            context.Response.StatusCode, (long)time.GetElapsedTime(start).TotalMilliseconds, context.TraceIdentifier);
        if (!queue.Writer.TryWrite(entry))
            dropped.AddAccessLine();
    }

    /// <summary>Writes what is queued, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await ending.CancelAsync();
        await writing;
        ending.Dispose();
    }

    private void WriteAll()
    {
        AccessEntry[] batch = new AccessEntry[MostAtOnce];
        while (queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            ending.Token.WaitHandle.WaitOne(Pause);
            // What comes meanwhile, and is less than a batch, waits for the next pause.
            do
                WriteSome(batch);
            while (queue.Reader.Count >= batch.Length);
        }
    }

    /// <summary>Writes what is queued, as much as a batch takes.</summary>
    private void WriteSome(AccessEntry[] batch)
    {
        int count = 0;
        while (count < batch.Length && queue.Reader.TryRead(out batch[count]))
            count++;
        log.Write(new LogEvent(
            batch[0].Time,
            LogEventLevel.Information,
            exception: null,
            Template,
            [
                new LogEventProperty(Constants.SourceContextPropertyName, new ScalarValue(LogCategories.Access)),
                new LogEventProperty(AccessBatch.Name, new AccessBatch(batch.AsMemory(0, count))),
            ]));
        batch.AsSpan(0, count).Clear();
    }
}
