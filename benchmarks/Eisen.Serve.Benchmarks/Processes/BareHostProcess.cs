namespace Eisen.Serve.Benchmarks.Processes;

/// <summary>The bare web server's process.</summary>
internal sealed class BareHostProcess : IDisposable
{
    private readonly ChildProcess process = new(ChildProcess.BareHost);

    private BareHostProcess()
    {
    }

    public int Port { get; private set; }

    public static async Task<BareHostProcess> StartAsync(CancellationToken cancellationToken)
    {
        BareHostProcess host = new();
        try
        {
            host.Port = await host.process.HearAsync(BenchmarkJson.Default.Int32, cancellationToken);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    public void Dispose() => process.Dispose();
}
