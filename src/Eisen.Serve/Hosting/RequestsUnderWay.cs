namespace Eisen.Serve.Hosting;

/// <summary>How many requests are being answered at the moment.</summary>
internal sealed class RequestsUnderWay
{
    private int count;
    private int cutOff;
    private volatile bool timeIsOver;

    /// <summary>The number.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>How many got no answer, because the server closed their connections at its end.</summary>
    public int CutOff => Volatile.Read(ref cutOff);

    /// <summary>Says that the server's end waits for nobody any more: connections that break from now on, it breaks.</summary>
    public void EndTime() => timeIsOver = true;

    /// <summary>Counts a request that begins.</summary>
    public void Begin() => Interlocked.Increment(ref count);

    /// <summary>Counts a request that has ended.</summary>
    /// <param name="wasAborted">Whether its connection broke.</param>
    public void End(bool wasAborted)
    {
        if (wasAborted && timeIsOver)
            Interlocked.Increment(ref cutOff);
        Interlocked.Decrement(ref count);
    }
}
