using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine.Tests.Optimization;

/// <summary>The rules of the choice, with modules whose times and answers are made up.</summary>
public sealed class ModuleChoiceTests : IDisposable
{
    private readonly SteppingTime time = new();
    private readonly NDArray input = NDArray.Copy<float>([1, 2, 3, 4], 4);

    public void Dispose() => input.Dispose();

    [Fact]
    public void Choose_BothFaster_TakesTheFastestAndDisposesTheOthers()
    {
        TimedModule optimized = new(time, 8);
        TimedModule frozen = new(time, 6);
        TimedModule plain = Plain(10, optimized, frozen);
        (IScriptModule module, OptimizationReport report) = Choose(plain);

        module.ShouldBeSameAs(frozen);
        (plain.Disposals, optimized.Disposals, frozen.Disposals).ShouldBe((1, 1, 0));
        report.Choice.ShouldBe(ModuleOptimization.Freeze);
        report.PlainSeconds.ShouldNotBeNull().ShouldBe(0.010, tolerance: 1e-9);
        report.Candidates.Select(candidate => candidate.MedianSeconds).ShouldBe([0.008, 0.006]);
        report.Candidates.Select(candidate => candidate.Refusal).ShouldBe(["another one is faster", null]);
        report.ToString().ShouldBe("Freeze (as loaded 10.000 ms); OptimizeForInference 8.000 ms: another one is faster; Freeze 6.000 ms");
    }

    [Theory]
    [InlineData(9.9)]
    [InlineData(10)]
    [InlineData(15)]
    public void Choose_GainWithinTheNoise_KeepsThePlainOne(double milliseconds)
    {
        TimedModule optimized = new(time, milliseconds);
        TimedModule plain = Plain(10, optimized);
        (IScriptModule module, OptimizationReport report) = Choose(plain);

        module.ShouldBeSameAs(plain);
        (plain.Disposals, optimized.Disposals).ShouldBe((0, 1));
        report.Choice.ShouldBeNull();
        report.Candidates.Select(candidate => candidate.Refusal).ShouldBe(["not faster", "cannot be done"]);
        report.ToString().ShouldStartWith("used as loaded (as loaded 10.000 ms); OptimizeForInference ");
    }

    [Fact]
    public void Choose_FasterInTwoRunsOfThree_KeepsThePlainOne()
    {
        TimedModule plain = Plain(10, new TimedModule(time, 9, 9, 11));

        Choose(plain).Module.ShouldBeSameAs(plain);
    }

    [Theory]
    [InlineData(0.5e-4f, true)]
    [InlineData(1e-3f, false)]
    [InlineData(float.NaN, false)]
    public void Choose_FasterWithAnError_TakesItOnlyWithinTheTolerance(float error, bool taken)
    {
        TimedModule plain = Plain(10, new TimedModule(time, 5) { Error = _ => error });
        (IScriptModule module, OptimizationReport report) = Choose(plain);

        (module != plain).ShouldBe(taken);
        (report.Candidates[0].Refusal is null).ShouldBe(taken);
    }

    [Fact]
    public void Choose_ErrorInTheOtherInputAlone_RefusesIt()
    {
        // Right for the example, as if that were baked in.
        int run = 0;
        TimedModule optimized = new(time, 5) { OnRun = number => run = number, Error = _ => run == 2 ? 1 : 0 };
        TimedModule plain = Plain(10, optimized);
        (IScriptModule module, OptimizationReport report) = Choose(plain);

        module.ShouldBeSameAs(plain);
        optimized.Disposals.ShouldBe(1);
        report.Candidates[0].Refusal.ShouldNotBeNull().ShouldContain("answers differ by up to");
    }

    [Fact]
    public void Choose_AnyModule_RunsThreeTimesBeforeItIsTimed()
    {
        // As TorchScript is: slow at first.
        double[] slowAtFirst = [500, 500, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6];
        TimedModule plain = Plain(7, new TimedModule(time, [.. slowAtFirst, .. Enumerable.Repeat(6.0, 300)]));

        Choose(plain).Report.Choice.ShouldBe(ModuleOptimization.OptimizeForInference);
    }

    [Theory]
    [InlineData(2000, 0, 0)]
    [InlineData(160, 7, 0)]
    [InlineData(100, 7, 7)]
    public void Choose_HeavyModule_TriesWhatTheBudgetSufficesFor(double milliseconds, int optimizedRuns, int frozenRuns)
    {
        TimedModule optimized = new(time, milliseconds);
        TimedModule frozen = new(time, milliseconds);
        TimedModule plain = Plain(milliseconds, optimized, frozen);
        OptimizationReport report = Choose(plain).Report;

        optimized.Runs.ShouldBe(optimizedRuns);
        frozen.Runs.ShouldBe(frozenRuns);
        if (optimizedRuns == 0)
            report.Candidates[0].Refusal.ShouldBe("a run takes 2 s, so that it would take longer than the 2 s for trying");
    }

    [Fact]
    public void Choose_Cancelled_LeavesThePlainOne()
    {
        using CancellationTokenSource stop = new();
        TimedModule optimized = new(time, 5);
        TimedModule plain = Plain(10, optimized);
        plain.Optimized.Add(ModuleOptimization.Freeze, new TimedModule(time, 5) { OnRun = _ => stop.Cancel() });

        Should.Throw<OperationCanceledException>(() => Choose(plain, stop.Token));
        plain.Disposals.ShouldBe(0);
        plain.Optimized.Values.ShouldAllBe(module => module.Disposals == 1);
    }

    private TimedModule Plain(double milliseconds, TimedModule optimized, TimedModule? frozen = null)
    {
        TimedModule plain = new(time, milliseconds);
        plain.Optimized.Add(ModuleOptimization.OptimizeForInference, optimized);
        if (frozen is not null)
            plain.Optimized.Add(ModuleOptimization.Freeze, frozen);
        return plain;
    }

    private (IScriptModule Module, OptimizationReport Report) Choose(IScriptModule module, CancellationToken cancellationToken = default) =>
        ModuleOptimizer.Choose(module, [new TorchValue.Tensor(input)], TimeSpan.FromSeconds(2), time, cancellationToken);
}
