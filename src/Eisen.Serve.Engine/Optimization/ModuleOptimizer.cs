using System.Globalization;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>
/// Tries what libtorch can do to make a module faster, and keeps what gives the same answers in less time. It never changes
/// what a model answers: a module that is random, or keeps state between calls, stays as it was loaded.
/// </summary>
internal sealed class ModuleOptimizer : IDisposable
{
    /// <summary>What a run must save to be worth it: less is noise.</summary>
    private const double LeastGain = 0.02;

    /// <summary>In what part of the timed runs an optimized module has to be the faster one.</summary>
    private const double LeastWins = 0.75;

    private const int MinRounds = 3;
    private const int MaxRounds = 40;

    // What pays the most, and the most often, first: for a heavy module the time may suffice for one alone.
    private static readonly ModuleOptimization[] Kinds = [ModuleOptimization.OptimizeForInference, ModuleOptimization.Freeze];

    private readonly TorchValue[] inputs;
    private readonly TorchValue[] otherInputs;
    private readonly TimeSpan budget;
    private readonly TimeProvider time;
    private readonly CancellationToken cancellationToken;
    private readonly long start;
    private readonly ModuleTrial plain;
    private readonly List<ModuleTrial> equals = [];

    private ModuleOptimizer(
        IScriptModule module, IEnumerable<TorchValue> example, TimeSpan budget, TimeProvider time, CancellationToken cancellationToken)
    {
        this.budget = budget;
        this.time = time;
        this.cancellationToken = cancellationToken;
        start = time.GetTimestamp();
        inputs = [.. example];
        otherInputs = Array.ConvertAll(inputs, ExampleInputs.Reversed);
        plain = new ModuleTrial(module, time);
    }

    /// <summary>
    /// Chooses between a module and its optimizations. To be called on a thread that is set as those are that will run it:
    /// the number of threads that an operator may use decides what is faster.
    /// </summary>
    /// <param name="module">The module as it was loaded. It is disposed when an optimized one is chosen.</param>
    /// <param name="example">Inputs like those to come, which stay the caller's; pseudo-random numbers rather than zeros, which
    /// hide differences (<see cref="ExampleArray.Make"/>).</param>
    /// <param name="budget">How long it may take, in about. What would take longer is not tried.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it between two runs.</param>
    /// <returns>The module to use, which is the caller's, and what was found.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; the module is there, as it was loaded.</exception>
    public static (IScriptModule Module, OptimizationReport Report) Choose(
        IScriptModule module, IEnumerable<TorchValue> example, TimeSpan budget, TimeProvider time, CancellationToken cancellationToken)
    {
        IScriptModule chosen = module;
        OptimizationReport report;
        using (ModuleOptimizer optimizer = new(module, example, budget, time, cancellationToken))
            (chosen, report) = optimizer.Choose();
        if (chosen != module)
            module.Dispose();
        return (chosen, report);
    }

    /// <summary>Disposes what was tried, and not chosen.</summary>
    public void Dispose()
    {
        Array.ForEach(otherInputs, ExampleInputs.Dispose);
        plain.Dispose();
        foreach (ModuleTrial trial in equals)
        {
            trial.Dispose();
            trial.Module.Dispose();
        }
    }

    private (IScriptModule Module, OptimizationReport Report) Choose()
    {
        if (WhyNotToTry(out double runSeconds) is string reason)
            return (plain.Module, new OptimizationReport(Choice: null, PlainSeconds: null, reason, []));

        Dictionary<ModuleOptimization, ModuleTrial> trials = [];
        List<OptimizationCandidate> candidates = [];
        foreach (ModuleOptimization kind in Kinds)
        {
            OptimizationCandidate candidate = Try(kind, runSeconds);
            candidates.Add(candidate);
            if (candidate.Refusal is null)
                trials.Add(kind, equals[^1]);
        }

        if (equals.Count == 0)
            return (plain.Module, new OptimizationReport(Choice: null, PlainSeconds: null, NotTried: null, candidates));

        TimeTogether([plain, .. equals]);
        ModuleTrial? winner = equals.Where(IsFaster).MinBy(trial => trial.MedianSeconds);
        candidates = candidates.ConvertAll(candidate => trials.TryGetValue(candidate.Kind, out ModuleTrial? trial)
            ? candidate with
            {
                MedianSeconds = trial.MedianSeconds,
                Refusal = trial == winner ? null : IsFaster(trial) ? "another one is faster" : "not faster",
            }
            : candidate);
        ModuleOptimization? choice = winner is null ? null : trials.Single(trial => trial.Value == winner).Key;
        if (winner is not null)
        {
            equals.Remove(winner);
            winner.Dispose();
        }

        return (winner?.Module ?? plain.Module, new OptimizationReport(choice, plain.MedianSeconds, NotTried: null, candidates));
    }

    private string? WhyNotToTry(out double runSeconds)
    {
        runSeconds = 0;
        try
        {
            runSeconds = WarmUp(plain);
        }
        catch (TorchException failure)
        {
            return $"it fails on the example: {FirstLine(failure)}";
        }

        return OutputComparison.LargestDifference(plain.Answers[0], plain.Answers[^1]) <= OutputComparison.Tolerance
            ? null
            : "it gives different answers for the same input: it is random, or keeps state between calls";
    }

    /// <summary>
    /// Runs a module with the example, with another input, and with the example again. TorchScript watches the first run and
    /// compiles at the second, so that the third is the first whose time counts.
    /// </summary>
    /// <returns>The last run's duration in seconds.</returns>
    private double WarmUp(ModuleTrial trial)
    {
        Answer(inputs);
        Answer(otherInputs);
        return Answer(inputs);

        double Answer(TorchValue[] each)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return trial.Answer(each);
        }
    }

    private OptimizationCandidate Try(ModuleOptimization kind, double runSeconds)
    {
        // Its warm-up, and the rounds together with those that are tried already.
        double needed = runSeconds * (plain.Answers.Count + (MinRounds * (equals.Count + 2)));
        if (time.GetElapsedTime(start).TotalSeconds + needed > budget.TotalSeconds)
        {
            string reason = $"a run takes {DurationText.Of(TimeSpan.FromSeconds(runSeconds))}, so that it would take longer than the {DurationText.Of(budget)} for trying";
            return new OptimizationCandidate(kind, null, null, reason);
        }

        ModuleTrial? trial = null;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            trial = new ModuleTrial(plain.Module.Optimize(kind), time);
            WarmUp(trial);
            double difference = plain.Answers.Zip(trial.Answers, OutputComparison.LargestDifference).Max();
            if (double.IsInfinity(difference))
            {
                const string reason = "its answers have another structure, dtype or shape, or differ in more than rounding";
                return new OptimizationCandidate(kind, null, null, reason);
            }

            if (difference > OutputComparison.Tolerance)
                return new OptimizationCandidate(kind, null, difference, Text($"its answers differ by up to {difference:0.0e+0}"));

            equals.Add(trial);
            trial = null;
            return new OptimizationCandidate(kind, null, difference, Refusal: null);
        }
        catch (TorchException failure)
        {
            return new OptimizationCandidate(kind, null, null, FirstLine(failure));
        }
        finally
        {
            trial?.Dispose();
            trial?.Module.Dispose();
        }
    }

    // In turns, so that what else the machine does slows all of them alike.
    private void TimeTogether(ModuleTrial[] trials)
    {
        for (int round = 0; round < MaxRounds && (round < MinRounds || time.GetElapsedTime(start) < budget); round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int turn = 0; turn < trials.Length; turn++)
                trials[(round + turn) % trials.Length].Time(inputs);
        }
    }

    private bool IsFaster(ModuleTrial trial)
    {
        int wins = trial.Seconds.Zip(plain.Seconds).Count(pair => pair.First < pair.Second);
        return trial.MedianSeconds <= plain.MedianSeconds * (1 - LeastGain) && wins >= plain.Seconds.Count * LeastWins;
    }

    private static string FirstLine(TorchException failure) => failure.Message.Split('\n', 2)[0];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
