using Eisen.Serve.Torch;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Engine;

/// <summary>
/// The lanes of a version: as many as was asked for, and, where a range was asked for, more while requests wait too long.
/// </summary>
internal sealed class LaneGroup(ModelVersion version, InferenceQueue queue, TimeProvider time, ILogger logger)
{
    /// <summary>How often it looks whether the number of lanes still fits.</summary>
    internal static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the oldest request may wait before another lane is added.</summary>
    internal static readonly TimeSpan LongWait = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a lane above the fewest may have nothing to do.</summary>
    internal static readonly TimeSpan LongIdle = TimeSpan.FromSeconds(60);

    // One change at a time; looking at the lanes takes no lock.
    private readonly SemaphoreSlim changes = new(1);
    private volatile Lane[] lanes = [];
    private volatile WorkerRange range = new(version.Options.MinWorkers, version.Options.MaxWorkers);
    private ITimer? watch;
    private volatile bool ended;

    public WorkerRange Range => range;

    public int Count => lanes.Length;

    /// <summary>How many lanes have not ended.</summary>
    public int Running => lanes.Count(lane => !lane.Ended.IsCompleted);

    /// <summary>Whether requests may wait: a lane answers, or will soon.</summary>
    public bool IsServing
    {
        get
        {
            foreach (Lane lane in lanes)
            {
                if (lane.IsServing)
                    return true;
            }

            return false;
        }
    }

    /// <summary>Why a worker that failed did; null when none has.</summary>
    public string? Reason => lanes.Select(lane => lane.Status.Reason).FirstOrDefault(reason => reason is not null);

    public IReadOnlyList<WorkerStatus> Workers => Array.ConvertAll(lanes, lane => lane.Status);

    /// <summary>Has as many lanes as the range wants at least, and at most as many as it allows; returns when they are
    /// ready, or have ended.</summary>
    /// <exception cref="Exception">A lane could not be loaded, or not in time. Those that could stay.</exception>
    public async Task ScaleAsync(WorkerRange wanted, CancellationToken cancellationToken)
    {
        await changes.WaitAsync(cancellationToken);
        try
        {
            if (ended)
                return;
            range = wanted;
            await SetCountAsync(Math.Clamp(lanes.Length, wanted.Min, wanted.Max), cancellationToken);
            watch?.Dispose();
            watch = !ended && wanted.Max > wanted.Min ? time.CreateTimer(_ => _ = LookAsync(), null, LookInterval, LookInterval) : null;
        }
        finally
        {
            changes.Release();
        }
    }

    /// <summary>Starts no more lanes, and ends when those that are there have ended; the queue must be closed.</summary>
    public async Task EndAsync()
    {
        ended = true;
        // A change under way waits for those that are loading.
        Lane[] before = RetireWaiting();
        await changes.WaitAsync();
        watch?.Dispose();
        changes.Release();
        await Task.WhenAll(before.Union(RetireWaiting()).Select(lane => lane.Ended));
    }

    /// <summary>Retires the lanes that are being started, or wait to be started again: they have nothing to finish.</summary>
    /// <returns>All lanes.</returns>
    private Lane[] RetireWaiting()
    {
        Lane[] all = lanes;
        foreach (Lane lane in all.Where(lane => lane.Status.State is WorkerState.Retrying or WorkerState.Loading))
            lane.Retire();
        return all;
    }

    private async Task LookAsync()
    {
        // A change under way looks itself, or takes longer than the next look.
        if (!await changes.WaitAsync(TimeSpan.Zero))
            return;
        try
        {
            int count = lanes.Length;
            if (ended)
                return;
            if (count < range.Max && queue.OldestWait > LongWait)
            {
                EngineLog.LaneAdded(logger, version.Name, version.Version, count + 1, queue.OldestWait.TotalSeconds);
                await SetCountAsync(count + 1, CancellationToken.None);
            }
            else if (count > range.Min && lanes[^1].IdleTime > LongIdle)
            {
                EngineLog.LaneRetired(logger, version.Name, version.Version, count - 1);
                await SetCountAsync(count - 1, CancellationToken.None);
            }
        }
        catch (Exception failure)
        {
            EngineLog.ScalingFailed(logger, failure, version.Name, version.Version);
        }
        finally
        {
            changes.Release();
        }
    }

    private async Task SetCountAsync(int count, CancellationToken cancellationToken)
    {
        // Those that have given up are replaced.
        Lane[] before = [.. lanes.Where(lane => !lane.Ended.IsCompleted)];
        if (count < before.Length)
        {
            Lane[] leaving = before[count..];
            lanes = before[..count];
            foreach (Lane lane in leaving)
                lane.Retire();
            await WaitAsync(leaving.Select(lane => lane.Ended), version.Options.ResponseTimeout, "did not end within responseTimeout,", cancellationToken);
            return;
        }

        List<Lane> coming = [];
        try
        {
            for (int i = before.Length; i < count && !ended; i++)
            {
                IEnumerable<TorchDevice> taken = before.Concat(coming).Select(lane => lane.Device);
                // Loading the module on a device that has none yet blocks for as long as the disk takes.
                (IModelWorker worker, TorchDevice device) = await Task.Run(() => version.Archive.CreateWorker(taken), cancellationToken);
                coming.Add(new Lane(version, queue, worker, device, time, logger));
                lanes = [.. before, .. coming];
                coming[^1].Start();
            }

            if (ended)
                coming.ForEach(lane => lane.Retire());

            await WaitAsync(coming.Select(lane => lane.Loaded), version.Options.StartupTimeout, "were not ready within startupTimeout,", cancellationToken);
        }
        catch
        {
            foreach (Lane lane in coming.Where(lane => !lane.Loaded.IsCompletedSuccessfully))
                lane.Retire();
            lanes = [.. before, .. coming.Where(lane => lane.Loaded.IsCompletedSuccessfully)];
            // Those that were retired on the way do not say why.
            if (!ended || cancellationToken.IsCancellationRequested)
                throw;
        }
    }

    private async Task WaitAsync(IEnumerable<Task> tasks, TimeSpan timeout, string what, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(tasks).WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"its workers {what} {timeout.TotalSeconds:0} s");
        }
    }
}
