namespace Eisen.Serve.Hosting;

/// <summary>
/// Takes the server into service when its models are there, and out of it in order: first <c>/ping</c> says so and new
/// predictions are refused, then the requests under way end, and only then do the listeners close.
/// </summary>
internal sealed class Readiness(RequestsUnderWay underWay, Configuration.ServerSettings settings, TimeProvider time) : IHostedLifecycleService
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    private volatile bool isStarting = true;
    private volatile bool isStopping;

    /// <summary>Whether the models that the server starts with are still being loaded.</summary>
    public bool IsStarting => isStarting;

    /// <summary>Whether the server is on its way out.</summary>
    public bool IsStopping => isStopping;

    /// <summary>Says that the models that the server starts with are ready, or have failed.</summary>
    public void EndStart() => isStarting = false;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        isStopping = true;
        long start = time.GetTimestamp();
        while (underWay.Count > 0 && time.GetElapsedTime(start) < settings.GracefulShutdownTimeout && !cancellationToken.IsCancellationRequested)
            await Task.Delay(LookInterval, time, CancellationToken.None);
        underWay.EndTime();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
