namespace Eisen.Serve.Engine;

/// <summary>How long a lane waits before it starts a worker again that died: at once the first time, then ever longer, until
/// it has tried for long enough. A worker that answers ends the row.</summary>
/// <param name="tryFor">How long to go on trying.</param>
/// <param name="time">The clock.</param>
internal sealed class RestartPauses(TimeSpan tryFor, TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private TimeSpan next = TimeSpan.Zero;
    private long since;

    /// <summary>Whether it has not failed since it last answered.</summary>
    public bool IsFirst => next == TimeSpan.Zero;

    /// <summary>The pause before the next try, or null when there is none.</summary>
    public TimeSpan? Next()
    {
        if (IsFirst)
        {
            since = time.GetTimestamp();
            next = First;
            return TimeSpan.Zero;
        }

        TimeSpan pause = next;
        next = pause * 2 < Longest ? pause * 2 : Longest;
        return time.GetElapsedTime(since) + pause <= tryFor ? pause : null;
    }

    /// <summary>Says that the worker works.</summary>
    public void Reset() => next = TimeSpan.Zero;
}
