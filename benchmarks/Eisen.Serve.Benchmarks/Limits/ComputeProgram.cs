using System.Diagnostics;
using System.Text.Json;
using Eisen.Serve.Benchmarks.Load;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Benchmarks.Limits;

/// <summary>
/// The bare loop's process: lanes that decode and run a module as fast as they can, without HTTP, queue or handler. On
/// standard input it gets a setup in a line, then a job a line; each result is a line on standard output. Lanes live as long as
/// the process, as a server's do, since TorchScript compiles and libtorch starts threads for each thread that calls.
/// </summary>
internal sealed class ComputeProgram : IDisposable
{
    private readonly BareModel model;
    private readonly Barrier barrier;
    private readonly double[] counts;
    private ComputeJob? job;
    private Window window;
    private Exception? failure;

    private ComputeProgram(ComputeSetup setup)
    {
        model = new BareModel(setup);
        barrier = new Barrier(setup.Lanes + 1);
        counts = new double[setup.Lanes];
        window = new Window(setup.Lanes);
        for (int lane = 0; lane < setup.Lanes; lane++)
        {
            int index = lane;
            new Thread(() => Live(index)) { IsBackground = true, Name = $"bare lane {index}" }.Start();
        }
    }

    public static int Run()
    {
        if (Console.In.ReadLine() is not { } line)
            return 1;

        using ComputeProgram program = new(JsonSerializer.Deserialize(line, BenchmarkJson.Default.ComputeSetup)!);
        while (Console.In.ReadLine() is { } job)
        {
            ComputeResult result = program.Measure(JsonSerializer.Deserialize(job, BenchmarkJson.Default.ComputeJob)!);
            Console.Out.WriteLine(JsonSerializer.Serialize(result, BenchmarkJson.Default.ComputeResult));
        }

        return 0;
    }

    public void Dispose()
    {
        job = null;
        barrier.SignalAndWait();
        barrier.Dispose();
        model.Dispose();
    }

    private ComputeResult Measure(ComputeJob next)
    {
        job = next;
        window = new Window(counts.Length);
        barrier.SignalAndWait();
        long rampEnd = Stopwatch.GetTimestamp() + (long)(next.RampSeconds * 1e9);
        while (window.GoesOn && !(window.AllStarted && Stopwatch.GetTimestamp() >= rampEnd))
            Thread.Sleep(1);
        window.Open(Stopwatch.GetTimestamp(), next.Seconds);
        barrier.SignalAndWait();
        return new ComputeResult(counts.Sum() * next.Batch / next.Seconds, failure?.Message);
    }

    private void Live(int lane)
    {
        HashSet<int> prepared = [];
        while (true)
        {
            barrier.SignalAndWait();
            if (job is not { } current)
                return;
            try
            {
                if (prepared.Add(current.Batch))
                    model.Prepare(current.Batch);
                counts[lane] = Work(current.Batch);
            }
            catch (Exception caught) when (caught is ScenarioFailedException or TorchException)
            {
                Interlocked.CompareExchange(ref failure, caught, null);
                window.Abort();
            }

            barrier.SignalAndWait();
        }
    }

    private double Work(int batch)
    {
        double count = 0;
        bool hasStarted = false;
        bool hasFinished = false;
        while (window.GoesOn)
        {
            long from = Stopwatch.GetTimestamp();
            model.Run(batch);
            long to = Stopwatch.GetTimestamp();
            if (!hasStarted)
                window.ReportStart();
            hasStarted = true;
            count += window.Share(from, to, ref hasFinished);
        }

        return count;
    }
}
