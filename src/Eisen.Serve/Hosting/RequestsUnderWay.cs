namespace Eisen.Serve.Hosting;

/// <summary>How many requests are being answered at the moment.</summary>
internal sealed class RequestsUnderWay
{
    private int count;

    /// <summary>The number.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Counts a request that begins.</summary>
    public void Begin() => Interlocked.Increment(ref count);

    /// <summary>Counts a request that has been answered.</summary>
    public void End() => Interlocked.Decrement(ref count);
}
