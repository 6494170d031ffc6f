using System.Globalization;
using Eisen.Serve.Benchmarks.Load;
using Eisen.Serve.Benchmarks.Processes;
using Eisen.Serve.Benchmarks.Results;

namespace Eisen.Serve.Benchmarks.Scenarios;

/// <summary>A Python handler that gives back what it gets, with one and two workers. Where <c>TORCHSERVE_PORT</c> names the
/// port of a TorchServe on this machine that serves <c>echo-python-1.mar</c> and <c>echo-python-2.mar</c> by these names, it is the limit.</summary>
internal sealed class PythonScenario : IScenario
{
    private const double LeastRatio = 1.5;

    private static readonly int? TorchServe =
        int.TryParse(Environment.GetEnvironmentVariable("TORCHSERVE_PORT"), NumberStyles.None, CultureInfo.InvariantCulture, out int port) ? port : null;

    public string Name => "python";

    public async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        List<Figure> figures = [];
        foreach (int workers in (int[])[1, 2])
        {
            string model = $"echo-python-{workers}";
            await using ServerProcess server = await ServerProcess.StartAsync(cancellationToken, $"{model}.mar");
            Question question = new()
            {
                Path = $"/predictions/{model}",
                BodyFile = bench.File("python.body", "[1.0,2.0,3.0,4.0]"u8),
                Headers = new() { ["Content-Type"] = "application/octet-stream" },
                Rule = AnswerRule.Equal,
                AnswerFile = bench.File("python.answer", "[1.0,2.0,3.0,4.0]"u8),
            };
            foreach (int connections in (int[])[1, 32])
            {
                string suffix = $"{workers} {(workers == 1 ? "worker" : "workers")}, {connections} {(connections == 1 ? "connection" : "connections")}";
                Workbench.Say($"  {suffix}");
                await bench.CloseLoopAsync(server.Port, question, connections, bench.Timing.WarmUpSeconds / 2, cancellationToken);
                int[] ports = TorchServe is { } other ? [server.Port, other] : [server.Port];
                LoadResult[][] sides = await Workbench.InterleaveAsync(
                    bench.Timing.Windows(3),
                    [.. ports.Select(side => (Func<Task<LoadResult>>)(() => bench.CloseLoopAsync(side, question, connections, bench.Timing.Seconds(1), cancellationToken)))]);
                Target? target = TorchServe is not null && connections > 1 ? new Target(Target.Comparison.RatioAtLeast, LeastRatio) : null;
                figures.Add(Compare($"requests per second, {suffix}", "1/s", sides, result => result.Rate) with { Target = target });
                figures.Add(Compare($"median latency, {suffix}", "µs", sides, result => result.Median));
            }
        }

        return figures;
    }

    private Figure Compare(string name, string unit, LoadResult[][] sides, Func<LoadResult, double> number) => new()
    {
        Scenario = Name,
        Name = name,
        Unit = unit,
        Server = Workbench.Pick(sides[0], number),
        LimitName = sides.Length > 1 ? "TorchServe" : null,
        Limit = sides.Length > 1 ? Workbench.Pick(sides[1], number) : null,
    };
}
