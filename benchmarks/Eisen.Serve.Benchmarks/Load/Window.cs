namespace Eisen.Serve.Benchmarks.Load;

/// <summary>
/// The measured part of a closed loop. Whoever works in it reports each piece of work with its start and end. Pieces that
/// an edge of the window cuts count by the share that lies inside: when answers come eight at a time, whole pieces
/// would make the rate jump with where the edges happen to fall. So that the pieces at the end are done under full load,
/// the loop goes on until every participant has finished one after the end.
/// </summary>
internal sealed class Window(int participants)
{
    private long start;
    private long end;
    private int unfinished = participants;
    private int started = participants;

    /// <summary>Whether the loop is to go on.</summary>
    public bool GoesOn => Volatile.Read(ref unfinished) > 0;

    /// <summary>Whether every participant has done a piece of work.</summary>
    public bool AllStarted => Volatile.Read(ref started) <= 0;

    /// <summary>Sets the window. It lies a little ahead, so that nobody misses its beginning.</summary>
    public void Open(long now, double seconds)
    {
        Volatile.Write(ref end, now + 1_000_000 + (long)(seconds * 1e9));
        Volatile.Write(ref start, now + 1_000_000);
    }

    /// <summary>Ends the loop at once.</summary>
    public void Abort() => Volatile.Write(ref unfinished, 0);

    /// <summary>Reports that a participant has done its first piece of work.</summary>
    public void ReportStart() => Interlocked.Decrement(ref started);

    /// <summary>The share, 0 to 1, of a piece of work that lies in the window.</summary>
    /// <param name="from">When it began.</param>
    /// <param name="to">When it ended.</param>
    /// <param name="hasFinished">The participant's own note that it has finished a piece after the window's end.</param>
    public double Share(long from, long to, ref bool hasFinished)
    {
        long opened = Volatile.Read(ref start);
        if (opened == 0 || to <= opened)
            return 0;

        if (to >= end && !hasFinished)
        {
            hasFinished = true;
            Interlocked.Decrement(ref unfinished);
        }

        return Math.Max(0, Math.Min(to, end) - Math.Max(from, opened)) / (double)(to - from);
    }
}
