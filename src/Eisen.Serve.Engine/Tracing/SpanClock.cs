namespace Eisen.Serve.Engine;

/// <summary>Tells the time of day of a clock's timestamps.</summary>
internal readonly struct SpanClock
{
    private readonly TimeProvider time;
    private readonly DateTimeOffset now;

    public SpanClock(TimeProvider time)
    {
        this.time = time;
        now = time.GetUtcNow();
        Now = time.GetTimestamp();
    }

    /// <summary>The timestamp of the moment that it was made.</summary>
    public long Now { get; }

    public DateTimeOffset At(long timestamp) => now - time.GetElapsedTime(timestamp, Now);
}
