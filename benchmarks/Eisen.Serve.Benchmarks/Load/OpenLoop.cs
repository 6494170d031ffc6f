using System.Diagnostics;

namespace Eisen.Serve.Benchmarks.Load;

/// <summary>
/// Load at a fixed rate, whether answers come or not. A latency counts from when the request was to be sent, not from when
/// it was: otherwise a server that stalls would be asked less while it does, and its stall would show in one request
/// rather than in all that it made wait (coordinated omission).
/// </summary>
internal sealed class OpenLoop(LoadJob job, byte[] request, AnswerCheck check)
{
    private readonly long interval = (long)(1e9 / job.Rate!.Value);
    private long begin;
    private long next;
    private bool failed;

    /// <exception cref="ScenarioFailedException">A request failed, or its answer is wrong.</exception>
    public LoadResult Run()
    {
        Samples[] latencies = [.. Enumerable.Range(0, job.Connections).Select(_ => new Samples())];
        Samples[] delays = [.. Enumerable.Range(0, job.Connections).Select(_ => new Samples())];
        begin = Stopwatch.GetTimestamp() + 10_000_000;
        using LoadThreads threads = new(
            job.Connections,
            job.Port,
            (index, connection) => Drive(connection, latencies[index], delays[index]),
            () => Volatile.Write(ref failed, true));
        threads.Join();

        long[] sorted = Samples.Sorted(latencies);
        return new LoadResult
        {
            Rate = sorted.Length / job.Seconds,
            Requests = sorted.Length,
            Median = Samples.Percentile(sorted, 0.5),
            P99 = Samples.Percentile(sorted, 0.99),
            P999 = Samples.Percentile(sorted, 0.999),
            SendDelayP99 = Samples.Percentile(Samples.Sorted(delays), 0.99),
        };
    }

    private void Drive(HttpConnection connection, Samples latencies, Samples delays)
    {
        long measured = begin + (long)(job.RampSeconds * 1e9);
        long end = measured + (long)(job.Seconds * 1e9);
        Posix.SleepPrecisely();
        while (!Volatile.Read(ref failed))
        {
            long intended = begin + (Interlocked.Increment(ref next) - 1) * interval;
            if (intended >= end)
                return;
            if (intended > Stopwatch.GetTimestamp())
                Posix.SleepUntil(intended);

            long sent = Stopwatch.GetTimestamp();
            connection.Exchange(request);
            long answered = Stopwatch.GetTimestamp();
            check.Require(connection.Status, connection.Body);
            if (intended < measured)
                continue;
            latencies.Add(answered - intended);
            delays.Add(sent - intended);
        }
    }
}
