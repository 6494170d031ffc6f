namespace Eisen.Serve.Engine;

/// <summary>
/// How many bytes the requests under way take together, and the most that they may: what comes beyond is refused before
/// it is read, so that many large requests at once do not end the process.
/// </summary>
/// <param name="limit">Bytes, above 0.</param>
public sealed class InflightBytes(long limit)
{
    private long taken;

    /// <summary>The most bytes.</summary>
    public long Limit => limit;

    /// <summary>The bytes of the requests under way.</summary>
    public long Taken => Volatile.Read(ref taken);

    /// <summary>A quarter of the memory that this process may use.</summary>
    public static long DefaultLimit => Math.Max(1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    /// <summary>Takes bytes, to be given back with <see cref="Give"/>.</summary>
    /// <returns>False when there are not so many left; nothing is taken then.</returns>
    public bool TryTake(long count)
    {
        long seen = Volatile.Read(ref taken);
        while (count <= limit - seen)
        {
            long before = Interlocked.CompareExchange(ref taken, seen + count, seen);
            if (before == seen)
                return true;
            seen = before;
        }

        return false;
    }

    /// <summary>Gives bytes back.</summary>
    public void Give(long count) => Interlocked.Add(ref taken, -count);
}
