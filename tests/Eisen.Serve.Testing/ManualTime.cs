namespace Eisen.Serve.Testing;

/// <summary>A clock that goes when it is told to.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly List<ManualTimer> timers = [];
    private TimeSpan passed;

    /// <summary>How many timers have been set and not run off or been given up.</summary>
    public int Pending
    {
        get
        {
            lock (timers)
                return timers.Count;
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (timers)
            return passed.Ticks;
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, callback, state, dueTime, period);
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            lock (timers)
                timers.Add(timer);
        }

        return timer;
    }

    /// <summary>Lets time pass.</summary>
    public void Advance(TimeSpan by)
    {
        ManualTimer[] due;
        lock (timers)
        {
            passed += by;
            timers.ForEach(timer => timer.Left -= by);
            due = [.. timers.Where(timer => timer.Left <= TimeSpan.Zero)];
            timers.RemoveAll(timer => timer.Left <= TimeSpan.Zero && !timer.IsPeriodic);
        }

        foreach (ManualTimer timer in due)
            timer.Run();
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) : ITimer
    {
        public bool IsPeriodic => period > TimeSpan.Zero;

        public TimeSpan Left { get; set; } = dueTime;

        public void Run()
        {
            if (IsPeriodic)
                Left = period;
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.timers)
            {
                time.timers.Remove(this);
                Left = dueTime;
                if (dueTime != Timeout.InfiniteTimeSpan)
                    time.timers.Add(this);
            }

            return true;
        }

        public void Dispose()
        {
            lock (time.timers)
                time.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
