using Eisen.Serve.Benchmarks.Load;
using Eisen.Serve.Benchmarks.Processes;
using Eisen.Serve.Benchmarks.Results;

namespace Eisen.Serve.Benchmarks.Scenarios;

/// <summary>
/// What <c>image_classifier</c> and <c>tensor</c> do under full load, and where their time goes: how much of it is decoding, the
/// module's forward, and encoding. The server measures that itself; its metrics are on, as they are not in other scenarios.
/// </summary>
internal sealed class HandlersScenario : IScenario
{
    private const int ConnectionsOfABatch = 2; // one batch runs, one waits

    private static readonly (string Name, string Metric)[] Steps =
    [
        ("decode", "eisen_decode_duration_seconds"),
        ("forward", "eisen_inference_duration_seconds"),
        ("encode", "eisen_encode_duration_seconds"),
    ];

    public string Name => "handlers";

    public async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        List<Figure> figures = [];
        foreach ((string handler, ComputeModel model) in new[] { ("image_classifier", ComputeModel.ResNet(bench)), ("tensor", ComputeModel.Encoder(bench)) })
        {
            foreach (int batch in new[] { 1, 8 })
                figures.AddRange(await RunAsync(bench, handler, model, batch, cancellationToken));
        }

        return figures;
    }

    private async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, string handler, ComputeModel model, int batch, CancellationToken cancellationToken)
    {
        string suffix = $"{handler}, {model.Name}, batch {batch}";
        Workbench.Say($"  {suffix}");
        await using ServerProcess server = await ServerProcess.StartMeasuringAsync(cancellationToken, model.Load(workers: 1, batch));
        int connections = ConnectionsOfABatch * batch;
        await bench.CloseLoopAsync(server.Port, model.Question, connections, bench.Timing.WarmUpSeconds / 2, cancellationToken);

        List<double> rates = [];
        List<double>[] shares = [.. Steps.Select(_ => new List<double>())];
        for (int window = 0; window < bench.Timing.Windows(3); window++)
        {
            double[] before = await ReadAsync(server, cancellationToken);
            LoadResult result = await bench.CloseLoopAsync(server.Port, model.Question, connections, bench.Timing.Seconds(1.5), cancellationToken);
            double[] spent = [.. (await ReadAsync(server, cancellationToken)).Zip(before, (after, begin) => after - begin)];
            rates.Add(result.Rate);
            for (int step = 0; step < spent.Length; step++)
                shares[step].Add(100 * spent[step] / spent.Sum());
        }

        return
        [
            new Figure { Scenario = Name, Name = $"requests per second, {suffix}", Unit = "1/s", Server = new Series(rates) },
            .. Steps.Zip(shares, (step, share) => new Figure { Scenario = Name, Name = $"{step.Name}, {suffix}", Unit = "% of the handler's time", Server = new Series(share) }),
        ];
    }

    private static async Task<double[]> ReadAsync(ServerProcess server, CancellationToken cancellationToken)
    {
        double[] sums = new double[Steps.Length];
        for (int step = 0; step < sums.Length; step++)
            sums[step] = await server.SumAsync(Steps[step].Metric, cancellationToken);
        return sums.Sum() is var sum && sum > 0 ? sums : throw new ScenarioFailedException("the server's metrics do not tell where its handlers' time goes");
    }
}
