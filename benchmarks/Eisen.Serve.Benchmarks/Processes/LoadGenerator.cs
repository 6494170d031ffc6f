using Eisen.Serve.Benchmarks.Load;

namespace Eisen.Serve.Benchmarks.Processes;

/// <summary>The process that asks the server and the bare host, both alike, from outside.</summary>
internal sealed class LoadGenerator : IDisposable
{
    private readonly ChildProcess process = new(ChildProcess.Load);

    /// <summary>Runs a window of load.</summary>
    /// <exception cref="ScenarioFailedException">A request failed, or its answer was wrong.</exception>
    public async Task<LoadResult> RunAsync(LoadJob job, CancellationToken cancellationToken)
    {
        await process.TellAsync(job, BenchmarkJson.Default.LoadJob);
        LoadResult result = await process.HearAsync(BenchmarkJson.Default.LoadResult, cancellationToken);
        return result.Failure is null ? result : throw new ScenarioFailedException($"{job.Question.Path}: {result.Failure}");
    }

    public void Dispose() => process.Dispose();
}
