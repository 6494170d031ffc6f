using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Features;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Eisen.Serve.Logging;

/// <summary>
/// A line for each request. On the request's way it is only put into a bounded queue, without an object of its own; a task
/// beside it writes many at once. When the queue is full, lines are left out and counted.
/// </summary>
internal sealed class AccessLog : IAsyncDisposable
{
    private const int MostQueued = 16_384;

    private static readonly MessageTemplate Template = new MessageTemplateParser().Parse($"{{{AccessBatch.Name}}}");

    /// <summary>How long lines gather. Waking a thread for each one would cost more than all the rest.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Channel<AccessEntry> queue = Channel.CreateBounded<AccessEntry>(new BoundedChannelOptions(MostQueued) { SingleReader = true });
    private readonly CancellationTokenSource ending = new();
    private readonly Logger log;
    private readonly DroppedLines dropped;
    private readonly TimeProvider time;
    private readonly Task writing;
    private readonly bool isEnabled;

    /// <summary>Begins to write.</summary>
    public AccessLog(Logger log, DroppedLines dropped, TimeProvider time)
    {
        this.log = log;
        this.dropped = dropped;
        this.time = time;
        isEnabled = log.IsEnabled(LogEventLevel.Fatal);
        writing = isEnabled ? Task.Run(WriteAllAsync) : Task.CompletedTask;
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

    private async Task WriteAllAsync()
    {
        while (await queue.Reader.WaitToReadAsync())
        {
            await Task.Delay(Pause, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Full batches at once; what comes while the last ones are written waits for the next pause.
            while (queue.Reader.TryRead(out AccessEntry first) && WriteSome(first))
            {
            }
        }
    }

    /// <summary>Writes a request's line with those that are queued behind it.</summary>
    /// <returns>Whether there were as many as can be written at once.</returns>
    private bool WriteSome(AccessEntry first)
    {
        AccessBatch batch = new(1 + queue.Reader.Count);
        batch.Add(first);
        while (!batch.IsFull && queue.Reader.TryRead(out AccessEntry next))
            batch.Add(next);
        bool isFull = batch.Count == AccessBatch.MostRequests;
        log.Write(new LogEvent(
            first.Time,
            LogEventLevel.Information,
            exception: null,
            Template,
            [new LogEventProperty(Constants.SourceContextPropertyName, new ScalarValue(LogCategories.Access)), new LogEventProperty(AccessBatch.Name, batch)]));
        return isFull;
    }
}
