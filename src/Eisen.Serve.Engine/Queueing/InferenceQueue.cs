namespace Eisen.Serve.Engine;

/// <summary>
/// The requests that wait for a version's lanes: bounded, first come first served. Adding never waits; taking does.
/// Once closed it takes nothing more, and the lanes empty it.
/// </summary>
internal sealed class InferenceQueue(int capacity)
{
    private readonly Queue<InferenceJob> waiting = new();
    private bool closed;

    public int Capacity => capacity;

    public int Count
    {
        get
        {
            lock (waiting)
                return waiting.Count;
        }
    }

    public Admission TryAdd(InferenceJob job)
    {
        lock (waiting)
        {
            if (closed)
                return Admission.Closed;
            if (waiting.Count >= capacity)
                return Admission.Full;
            waiting.Enqueue(job);
            Monitor.Pulse(waiting);
            return Admission.Added;
        }
    }

    /// <summary>Waits for a request, then takes what waits, up to a batch. Requests that nobody waits for are dropped.</summary>
    /// <param name="batch">Emptied, then filled.</param>
    /// <param name="batchSize">The most requests to take.</param>
    /// <returns>False when the queue is closed and empty: there will be no more.</returns>
    public bool Take(List<InferenceJob> batch, int batchSize)
    {
        batch.Clear();
        lock (waiting)
        {
            while (true)
            {
                while (batch.Count < batchSize && waiting.TryDequeue(out InferenceJob? job))
                {
                    if (!job.IsAbandoned)
                        batch.Add(job);
                }

                if (batch.Count > 0)
                    return true;
                if (closed)
                    return false;
                Monitor.Wait(waiting);
            }
        }
    }

    public void Close()
    {
        lock (waiting)
        {
            closed = true;
            Monitor.PulseAll(waiting);
        }
    }

    /// <summary>Takes out everything that waits, for when there is no lane to do it.</summary>
    public IReadOnlyList<InferenceJob> Drain()
    {
        lock (waiting)
        {
            InferenceJob[] left = [.. waiting];
            waiting.Clear();
            return left;
        }
    }

    /// <summary>What became of a request that was to be added.</summary>
    public enum Admission
    {
        Added,
        Full,
        Closed,
    }
}
