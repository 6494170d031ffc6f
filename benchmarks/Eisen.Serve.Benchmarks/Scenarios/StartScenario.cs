using System.Diagnostics;
using System.Text;
using Eisen.Serve.Benchmarks.Load;
using Eisen.Serve.Benchmarks.Processes;
using Eisen.Serve.Benchmarks.Results;

namespace Eisen.Serve.Benchmarks.Scenarios;

/// <summary>What the server takes before it does anything: time, memory, and room on the disk.</summary>
internal sealed class StartScenario : IScenario
{
    private const double MostSeconds = 1.5;
    private const double MostWeightShare = 0.05;
    private const double Megabyte = 1e6;
    // As many for any number of workers, so that garbage counts alike, and due at once, so that all workers are asked.
    private const double MemoryRequests = 40;
    private const double MemoryRate = 1000;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    public string Name => "start";

    public async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        List<double> starts = [];
        await StartAsync(cancellationToken); // reads the files into the system's cache
        for (int i = 0; i < bench.Timing.Windows(5); i++)
            starts.Add(await StartAsync(cancellationToken));

        List<double> idle = [];
        Dictionary<int, List<double>> withWorkers = new() { [1] = [], [2] = [], [4] = [] };
        ComputeModel model = ComputeModel.ResNet(bench);
        for (int i = 0; i < bench.Timing.Windows(3); i++)
        {
            Workbench.Say($"  memory, {i + 1}");
            await using (ServerProcess server = await ServerProcess.StartAsync(cancellationToken))
            {
                await Task.Delay(Settling, cancellationToken);
                idle.Add(server.ResidentBytes / Megabyte);
            }

            foreach ((int workers, List<double> values) in withWorkers)
                values.Add(await MeasureAsync(bench, model, workers, cancellationToken) / Megabyte);
        }

        double allowed = (MostWeightShare * ComputeModel.ResNetWeightBytes + ComputeModel.ResNetActivationBytes) / Megabyte;
        Series one = new(withWorkers[1]);
        return
        [
            Own("process start to first correct prediction", "s", new Series(starts)) with { Target = new Target(Target.Comparison.AtMost, MostSeconds) },
            Own("resident memory, no model", "MB", new Series(idle)),
            Own("resident memory, ResNet-18, 1 worker", "MB", one),
            Own("resident memory, ResNet-18, 2 workers", "MB", new Series(withWorkers[2])),
            Own("resident memory, ResNet-18, 4 workers", "MB", new Series(withWorkers[4])),
            Further("memory of the second worker", new Series(withWorkers[2]).With(one, (two, one) => two - one), allowed),
            Further("memory of each of three further workers", new Series(withWorkers[4]).With(one, (four, one) => (four - one) / 3), allowed),
            Own("output folder", "MB", new Series([FolderSize(BenchmarkFolders.Published) / Megabyte])),
        ];
    }

    private static async Task<double> StartAsync(CancellationToken cancellationToken)
    {
        string zoo = Path.Combine(BenchmarkFolders.Root, "model_zoo");
        byte[] picture = await File.ReadAllBytesAsync(Path.Combine(zoo, "digits", "samples", "7.png"), cancellationToken);
        byte[] right = Encoding.ASCII.GetBytes("{\n  \"7\": ");
        await using ServerProcess server = ServerProcess.Launch(zoo, "digits.mar");
        double seconds = 0;
        await server.WaitUntilAsync(
            async () =>
            {
                if (await server.TryPostAsync("/predictions/digits", picture, cancellationToken) is not { } answer)
                    return false;
                seconds = Stopwatch.GetElapsedTime(server.Launched).TotalSeconds;
                return answer.AsSpan().StartsWith(right) ? true : throw new ScenarioFailedException("the first answer is wrong");
            },
            TimeSpan.FromMilliseconds(2),
            cancellationToken);
        return seconds;
    }

    private static async Task<double> MeasureAsync(Workbench bench, ComputeModel model, int workers, CancellationToken cancellationToken)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(cancellationToken, model.Load(workers, 1));
        LoadJob job = bench.ClosedLoop(server.Port, model.Question, connections: 8, MemoryRequests / MemoryRate) with { Rate = MemoryRate, RampSeconds = 0 };
        await bench.Load.RunAsync(job, cancellationToken);
        await Task.Delay(Settling, cancellationToken);
        return server.ResidentBytes;
    }

    private static double FolderSize(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);

    private Figure Own(string figure, string unit, Series values) => new() { Scenario = Name, Name = figure, Unit = unit, Server = values };

    private Figure Further(string figure, Series values, double allowed) => Own(figure, "MB", values) with
    {
        Target = new Target(Target.Comparison.AtMost, allowed),
    };
}
