using Eisen.Serve.Benchmarks.Limits;
using Eisen.Serve.Benchmarks.Load;
using Eisen.Serve.Benchmarks.Processes;
using Eisen.Serve.Benchmarks.Results;

namespace Eisen.Serve.Benchmarks.Scenarios;

/// <summary>
/// What a busy model does to its neighbour: a tiny model, asked at a modest rate, alone and beside a saturated ResNet-18, a
/// lane each. The same with the bare host beside the bare loop shows how much of that the operating system does.
/// </summary>
internal sealed class MixedScenario : IScenario
{
    private const double Rate = 200;
    private const int OpenConnections = 16;
    private const int BusyConnections = 4;
    private const double MostRatio = 3;
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(0.5);

    public string Name => "mixed";

    public async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        ComputeModel busy = ComputeModel.ResNet(bench);
        using BareHostProcess host = await BareHostProcess.StartAsync(cancellationToken);
        using BareComputeProcess loop = await BareComputeProcess.StartAsync(busy.Setup(2) with { Lanes = 1 });
        await using ServerProcess server = await ServerProcess.StartAsync(cancellationToken, "identity=identity.mar", busy.Load(1, 1));
        Question toHost = OverheadScenario.Identity(bench, "/json");
        Question toServer = OverheadScenario.Identity(bench, "/predictions/identity");
        double seconds = bench.Timing.Seconds(2);
        // Both begin at about the same time; the busy one starts first and ends last.
        double busySeconds = seconds + 2 * Lead.TotalSeconds;

        await AskAsync(host.Port, toHost, bench.Timing.WarmUpSeconds);
        await AskAsync(server.Port, toServer, bench.Timing.WarmUpSeconds);
        await bench.CloseLoopAsync(server.Port, busy.Question, BusyConnections, bench.Timing.WarmUpSeconds / 2, cancellationToken);
        await loop.RunAsync(new ComputeJob(1, bench.Timing.WarmUpSeconds / 2, bench.Timing.RampSeconds), cancellationToken);

        LoadResult[][] sides = await Workbench.InterleaveAsync(
            bench.Timing.Windows(5),
            () => AskAsync(server.Port, toServer, seconds),
            () => BesideAsync(
                bench.Background.RunAsync(bench.ClosedLoop(server.Port, busy.Question, BusyConnections, busySeconds), cancellationToken),
                () => AskAsync(server.Port, toServer, seconds)),
            () => AskAsync(host.Port, toHost, seconds),
            () => BesideAsync(
                loop.RunAsync(new ComputeJob(1, busySeconds, bench.Timing.RampSeconds), cancellationToken),
                () => AskAsync(host.Port, toHost, seconds)));
        return
        [
            Compare("p50", sides[1], sides[0], "alone", result => result.Median),
            Compare("p99", sides[1], sides[0], "alone", result => result.P99) with { Target = new Target(Target.Comparison.RatioAtMost, MostRatio) },
            Compare("p99.9", sides[1], sides[0], "alone", result => result.P999),
            Compare("p99", sides[1], sides[3], "bare host beside a bare loop", result => result.P99),
            Compare("p99 of the bare host beside a bare loop", sides[3], sides[2], "bare host alone", result => result.P99),
            Compare("p99 of how late requests were sent", sides[1], sides[0], "alone", result => result.SendDelayP99),
        ];

        Task<LoadResult> AskAsync(int port, Question question, double length) =>
            bench.OpenLoopAsync(port, question, Rate, OpenConnections, length, cancellationToken);

        async Task<LoadResult> BesideAsync(Task busyLoad, Func<Task<LoadResult>> ask)
        {
            await Task.Delay(Lead, cancellationToken);
            LoadResult result = await ask();
            bool covered = !busyLoad.IsCompleted;
            await busyLoad;
            return covered ? result : throw new ScenarioFailedException("the busy model's load ended too early");
        }
    }

    private Figure Compare(string figure, LoadResult[] server, LoadResult[] limit, string limitName, Func<LoadResult, double> number) => new()
    {
        Scenario = Name,
        Name = $"{figure} at {Rate}/s",
        Unit = "µs",
        LimitName = limitName,
        Limit = Workbench.Pick(limit, number),
        Server = Workbench.Pick(server, number),
    };
}
