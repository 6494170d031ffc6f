namespace Eisen.Serve.Engine;

/// <summary>
/// Shares the physical cores among all lanes of the process: lanes times the threads of an operator never exceed them,
/// as long as there is a core for each lane.
/// </summary>
/// <param name="fixedThreads">The threads of an operator, when somebody chose them; null to share.</param>
/// <param name="coreCount">The physical cores to share.</param>
public sealed class CoreShares(int? fixedThreads, int coreCount)
{
    private int lanes;

    /// <summary>Shares this machine's cores.</summary>
    /// <param name="fixedThreads">The threads of an operator, when somebody chose them; null to share.</param>
    public CoreShares(int? fixedThreads = null)
        : this(fixedThreads, PhysicalCores.Count)
    {
    }

    /// <summary>How many threads one operator may use now.</summary>
    public int ThreadsPerLane => fixedThreads ?? Math.Max(1, coreCount / Math.Max(1, Volatile.Read(ref lanes)));

    internal void Join() => Interlocked.Increment(ref lanes);

    internal void Leave() => Interlocked.Decrement(ref lanes);
}
