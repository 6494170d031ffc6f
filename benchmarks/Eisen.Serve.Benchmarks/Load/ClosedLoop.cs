using System.Diagnostics;

namespace Eisen.Serve.Benchmarks.Load;

/// <summary>Load in which each connection sends again as soon as it has its answer: what a server can do at most.</summary>
internal sealed class ClosedLoop(LoadJob job, byte[] request, AnswerCheck check)
{
    private readonly Window window = new(job.Connections);

    /// <exception cref="ScenarioFailedException">A request failed, or its answer is wrong.</exception>
    public LoadResult Run()
    {
        Samples[] latencies = [.. Enumerable.Range(0, job.Connections).Select(_ => new Samples())];
        double[] counts = new double[job.Connections];
        using LoadThreads threads = new(
            job.Connections,
            job.Port,
            (index, connection) => counts[index] = Drive(connection, latencies[index]),
            window.Abort);

        long rampEnd = Stopwatch.GetTimestamp() + (long)(job.RampSeconds * 1e9);
        while (window.GoesOn && !(window.AllStarted && Stopwatch.GetTimestamp() >= rampEnd))
            Thread.Sleep(1);
        window.Open(Stopwatch.GetTimestamp(), job.Seconds);
        threads.Join();

        long[] sorted = Samples.Sorted(latencies);
        return new LoadResult
        {
            Rate = counts.Sum() / job.Seconds,
            Requests = sorted.Length,
            Median = Samples.Percentile(sorted, 0.5),
            P99 = Samples.Percentile(sorted, 0.99),
            P999 = Samples.Percentile(sorted, 0.999),
        };
    }

    private double Drive(HttpConnection connection, Samples latencies)
    {
        double count = 0;
        bool hasStarted = false;
        bool hasFinished = false;
        while (window.GoesOn)
        {
            long sent = Stopwatch.GetTimestamp();
            connection.Exchange(request);
            long answered = Stopwatch.GetTimestamp();
            check.Require(connection.Status, connection.Body);

            if (!hasStarted)
                window.ReportStart();
            hasStarted = true;
            double share = window.Share(sent, answered, ref hasFinished);
            count += share;
            if (share > 0)
                latencies.Add(answered - sent);
        }

        return count;
    }
}
