using Eisen.Serve.Benchmarks.Limits;
using Eisen.Serve.Benchmarks.Processes;
using Eisen.Serve.Benchmarks.Results;

namespace Eisen.Serve.Benchmarks.Scenarios;

/// <summary>
/// What is left of the processor for the model: the server under full load against a loop that only decodes and runs, with as
/// many lanes and threads; and batches of 8 against none.
/// </summary>
/// <param name="name">What the command line calls it.</param>
/// <param name="make">Makes the model.</param>
internal sealed class ComputeScenario(string name, Func<Workbench, ComputeModel> make) : IScenario
{
    private const int LargeBatch = 8;
    private const int ConnectionsPerWorker = 16; // two batches of each worker: one runs, one waits
    private const double LeastRatio = 0.97;
    private const double LeastBatchRatio = 1.0;

    public string Name => name;

    public async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        List<Figure> figures = [];
        ComputeModel model = make(bench);
        foreach (int workers in new[] { 1, 2 })
            figures.AddRange(await RunAsync(bench, model, workers, cancellationToken));
        return figures;
    }

    private async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, ComputeModel model, int workers, CancellationToken cancellationToken)
    {
        string suffix = workers == 1 ? "1 worker" : $"{workers} workers";
        Workbench.Say($"  {suffix}");
        using BareComputeProcess loop = await BareComputeProcess.StartAsync(model.Setup(workers));
        await using ServerProcess single = await ServerProcess.StartAsync(cancellationToken, model.Load(workers, 1));
        await using ServerProcess batching = await ServerProcess.StartAsync(cancellationToken, model.Load(workers, LargeBatch));
        if (model.TensorShape is not null)
            BytesScenario.RequireTensorHeaders(batching.Port, model.Question);

        int saturating = ConnectionsPerWorker * workers;
        double seconds = bench.Timing.Seconds(2);
        await AskAsync(batching, saturating, 2 * bench.Timing.WarmUpSeconds);
        await AskAsync(single, saturating, 2 * bench.Timing.WarmUpSeconds);
        await RunLoopAsync(1);
        await RunLoopAsync(LargeBatch);

        double[][] rates = await Workbench.InterleaveAsync(
            bench.Timing.Windows(3),
            () => RunLoopAsync(1),
            () => AskAsync(single, saturating, seconds),
            () => RunLoopAsync(LargeBatch),
            () => AskAsync(batching, saturating, seconds));
        List<Figure> figures =
        [
            Compare($"requests per second, {suffix}, batch 1", rates[1], rates[0], "bare loop", LeastRatio),
            Compare($"requests per second, {suffix}, batch {LargeBatch}", rates[3], rates[2], $"bare loop, {LargeBatch} stacked", LeastRatio),
            CompareBatches(saturating, rates[3], rates[1]),
        ];
        foreach (int connections in new[] { 1, 8 })
        {
            // Short windows, but more of them: with one connection the two are to be equal, and each may be ahead.
            double[][] both = await Workbench.InterleaveAsync(
                bench.Timing.Windows(5),
                () => AskAsync(single, connections, bench.Timing.Seconds(0.5)),
                () => AskAsync(batching, connections, bench.Timing.Seconds(0.5)));
            figures.Add(CompareBatches(connections, both[1], both[0]));
        }

        return figures;

        async Task<double> AskAsync(ServerProcess server, int connections, double length) =>
            (await bench.CloseLoopAsync(server.Port, model.Question, connections, length, cancellationToken)).Rate;

        Task<double> RunLoopAsync(int batch) =>
            loop.RunAsync(new ComputeJob(batch, seconds, bench.Timing.RampSeconds), cancellationToken);

        Figure CompareBatches(int connections, double[] batched, double[] alone) =>
            Compare($"batch {LargeBatch} against batch 1, {suffix}, {connections} connection{(connections == 1 ? "" : "s")}", batched, alone, "batch 1", LeastBatchRatio);
    }

    private Figure Compare(string figure, double[] server, double[] limit, string limitName, double least) => new()
    {
        Scenario = Name,
        Name = figure,
        Unit = "1/s",
        LimitName = limitName,
        Limit = new Series(limit),
        Server = new Series(server),
        Target = new Target(Target.Comparison.RatioAtLeast, least),
    };
}
