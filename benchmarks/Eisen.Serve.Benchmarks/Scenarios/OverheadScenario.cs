using Eisen.Serve.Benchmarks.Load;
using Eisen.Serve.Benchmarks.Processes;
using Eisen.Serve.Benchmarks.Results;

namespace Eisen.Serve.Benchmarks.Scenarios;

/// <summary>What the server adds to the web server under it: a model that returns its input, four numbers.</summary>
internal sealed class OverheadScenario : IScenario
{
    private const double OpenRate = 1000;
    private const double LeastRatio = 0.9;
    private const double MostMicroseconds = 50;

    private static readonly int[] Connections = [1, 8, 32];

    public string Name => "overhead";

    /// <summary>The question to the model that returns its input.</summary>
    public static Question Identity(Workbench bench, string path) => new()
    {
        Path = path,
        BodyFile = bench.File("identity.json", "[1.0,2.0,3.0,4.0]"u8),
        Headers = new() { ["Content-Type"] = "application/json" },
        Rule = AnswerRule.Equal,
        AnswerFile = bench.File("identity.answer", "[\n  1.0,\n  2.0,\n  3.0,\n  4.0\n]"u8),
    };

    public async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        using BareHostProcess host = await BareHostProcess.StartAsync(cancellationToken);
        await using ServerProcess server = await ServerProcess.StartAsync(cancellationToken, "identity=identity.mar");
        Question toHost = Identity(bench, "/json");
        Question toServer = Identity(bench, "/predictions/identity");
        foreach (int connections in Connections)
        {
            await bench.CloseLoopAsync(host.Port, toHost, connections, bench.Timing.WarmUpSeconds / 2, cancellationToken);
            await bench.CloseLoopAsync(server.Port, toServer, connections, bench.Timing.WarmUpSeconds / 2, cancellationToken);
        }

        List<Figure> figures = [];
        int windows = bench.Timing.Windows(5);
        double seconds = bench.Timing.Seconds(1.2);
        foreach (int connections in Connections)
        {
            Workbench.Say($"  closed loop, {connections} connections");
            LoadResult[][] sides = await Workbench.InterleaveAsync(
                windows,
                () => bench.CloseLoopAsync(host.Port, toHost, connections, seconds, cancellationToken),
                () => bench.CloseLoopAsync(server.Port, toServer, connections, seconds, cancellationToken));
            string suffix = connections == 1 ? "1 connection" : $"{connections} connections";
            figures.Add(Compare($"requests per second, {suffix}", "1/s", sides, result => result.Rate) with
            {
                Target = connections == 32 ? new Target(Target.Comparison.RatioAtLeast, LeastRatio) : null,
            });
            if (connections != 1)
                continue;
            figures.Add(Compare("median latency, 1 connection", "µs", sides, result => result.Median) with
            {
                Target = new Target(Target.Comparison.ExcessAtMost, MostMicroseconds),
            });
        }

        Workbench.Say($"  open loop, {OpenRate} requests per second");
        LoadResult[][] open = await Workbench.InterleaveAsync(
            windows,
            () => bench.OpenLoopAsync(host.Port, toHost, OpenRate, 16, seconds, cancellationToken),
            () => bench.OpenLoopAsync(server.Port, toServer, OpenRate, 16, seconds, cancellationToken));
        figures.Add(Compare($"p50 at {OpenRate}/s", "µs", open, result => result.Median));
        figures.Add(Compare($"p99 at {OpenRate}/s", "µs", open, result => result.P99));
        figures.Add(Compare($"p99.9 at {OpenRate}/s", "µs", open, result => result.P999));
        return figures;
    }

    private Figure Compare(string name, string unit, LoadResult[][] sides, Func<LoadResult, double> number) => new()
    {
        Scenario = Name,
        Name = name,
        Unit = unit,
        LimitName = "bare host",
        Limit = Workbench.Pick(sides[0], number),
        Server = Workbench.Pick(sides[1], number),
    };
}
