namespace Eisen.Serve.Logging;

/// <summary>Tells the log, when it can take lines again, how many it could not.</summary>
internal sealed partial class DroppedLinesWatch(DroppedLines dropped, TimeProvider time, ILogger<DroppedLinesWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        long told = 0;
        using PeriodicTimer timer = new(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                long count = dropped.Count;
                if (count > told)
                    LeftOut(logger, count - told);
                told = count;
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }

    [LoggerMessage(5201, LogLevel.Warning, "{Count} log line(s) were left out, as more came than the disk took.")]
    private static partial void LeftOut(ILogger logger, long count);
}
