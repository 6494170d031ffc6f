using Eisen.Serve.Benchmarks.Limits;

namespace Eisen.Serve.Benchmarks.Processes;

/// <summary>The bare loop's process.</summary>
internal sealed class BareComputeProcess : IDisposable
{
    private readonly ChildProcess process = new(ChildProcess.BareCompute);

    private BareComputeProcess()
    {
    }

    public static async Task<BareComputeProcess> StartAsync(ComputeSetup setup)
    {
        BareComputeProcess loop = new();
        try
        {
            await loop.process.TellAsync(setup, BenchmarkJson.Default.ComputeSetup);
            return loop;
        }
        catch
        {
            loop.Dispose();
            throw;
        }
    }

    /// <summary>Runs a window.</summary>
    /// <returns>Samples per second.</returns>
    /// <exception cref="ScenarioFailedException">The module failed, or its answer was wrong.</exception>
    public async Task<double> RunAsync(ComputeJob job, CancellationToken cancellationToken)
    {
        await process.TellAsync(job, BenchmarkJson.Default.ComputeJob);
        ComputeResult result = await process.HearAsync(BenchmarkJson.Default.ComputeResult, cancellationToken);
        return result.Failure is null ? result.Rate : throw new ScenarioFailedException(result.Failure);
    }

    public void Dispose() => process.Dispose();
}
