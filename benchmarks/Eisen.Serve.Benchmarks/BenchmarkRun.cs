using System.Diagnostics;
using System.Runtime.InteropServices;
using Eisen.Serve.Benchmarks.Results;
using Eisen.Serve.Benchmarks.Scenarios;

namespace Eisen.Serve.Benchmarks;

/// <summary>A run: the scenarios that were asked for, one after the other, then the report.</summary>
internal static class BenchmarkRun
{
    private const string QuickOption = "--quick";

    private static readonly IScenario[] Scenarios =
    [
        new OverheadScenario(),
        new BytesScenario(),
        new ComputeScenario("resnet", ComputeModel.ResNet),
        new ComputeScenario("encoder", ComputeModel.Encoder),
        new HandlersScenario(),
        new MixedScenario(),
        new PythonScenario(),
        new StartScenario(),
    ];

    /// <returns>0; 1 when a scenario gave no numbers; 2 when a figure missed its target; 130 when it was interrupted.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        bool quick = args.Contains(QuickOption);
        string[] names = [.. args.Where(arg => arg != QuickOption).SelectMany(arg => arg == "compute" ? new[] { "resnet", "encoder" } : [arg])];
        if (names.FirstOrDefault(name => Scenarios.All(scenario => scenario.Name != name)) is { } unknown)
        {
            string known = string.Join(", ", Scenarios.Select(scenario => scenario.Name));
            Console.Error.WriteLine($"There is no scenario '{unknown}'; there are {known}, and compute for resnet and encoder.");
            return 1;
        }

        using CancellationTokenSource interrupted = new();
        void Interrupt(PosixSignalContext signal)
        {
            signal.Cancel = true;
            interrupted.Cancel();
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);
        try
        {
            Report report = await MeasureAsync(Scenarios.Where(scenario => names.Length == 0 || names.Contains(scenario.Name)), quick, interrupted.Token);
            Console.Out.Write(report.Save(BenchmarkFolders.Results));
            if (report.Failures.Count > 0)
                return 1;
            return report.Figures.Any(figure => figure.Verdict == Verdict.Fail) && !quick ? 2 : 0;
        }
        catch (Exception) when (interrupted.IsCancellationRequested)
        {
            Console.Error.WriteLine("Interrupted; nothing was saved.");
            return 130;
        }
    }

    private static async Task<Report> MeasureAsync(IEnumerable<IScenario> scenarios, bool quick, CancellationToken cancellationToken)
    {
        DateTimeOffset started = DateTimeOffset.Now;
        long begin = Stopwatch.GetTimestamp();
        ProcessorUse before = ProcessorUse.Now();
        List<Figure> figures = [];
        Dictionary<string, string> failures = [];
        foreach (IScenario scenario in scenarios)
        {
            Workbench.Say(scenario.Name);
            try
            {
                using Workbench bench = new(new Timing(quick));
                figures.AddRange(await scenario.RunAsync(bench, cancellationToken));
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it is, the other scenarios' numbers are worth having.
                string reason = failure is ScenarioFailedException ? failure.Message : failure.ToString();
                Workbench.Say($"  FAILED: {reason}");
                failures[scenario.Name] = reason;
            }
        }

        return new Report
        {
            Started = started,
            Seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds,
            Quick = quick,
            Machine = Machine.Current,
            TakenByOthers = ProcessorUse.Now().OthersSince(before),
            Figures = figures,
            Failures = failures,
        };
    }
}
