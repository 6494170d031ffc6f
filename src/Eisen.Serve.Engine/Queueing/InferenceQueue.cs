namespace Eisen.Serve.Engine;

/// <summary>
/// The requests that wait for a version's lanes: bounded, first come first served. Adding never waits; taking does.
/// Once closed it takes nothing more, and the lanes empty it.
/// </summary>
/// <param name="capacity">The most requests that may wait.</param>
/// <param name="rules">How they are put together.</param>
/// <param name="time">The clock.</param>
internal sealed class InferenceQueue(int capacity, BatchRules rules, TimeProvider time)
{
    private readonly LinkedList<InferenceJob> waiting = new();
    private int expected;
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

    /// <summary>How long the oldest request has waited; zero when none waits.</summary>
    public TimeSpan OldestWait
    {
        get
        {
            lock (waiting)
                return waiting.First is { } oldest ? time.GetElapsedTime(oldest.Value.QueuedAt) : TimeSpan.Zero;
        }
    }

    /// <summary>Says that a request is being received: a batch may wait for it. To be followed by one
    /// <see cref="Unexpect"/>.</summary>
    public void Expect()
    {
        lock (waiting)
            expected++;
    }

    /// <summary>Says that a request that was expected has come, or will not come.</summary>
    public void Unexpect()
    {
        lock (waiting)
        {
            expected--;
            Monitor.PulseAll(waiting);
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
            waiting.AddLast(job.Node);
            Monitor.Pulse(waiting);
            return Admission.Added;
        }
    }

    /// <summary>Takes a request out again.</summary>
    /// <returns>False when it does not wait here any more: a lane has it.</returns>
    public bool Remove(InferenceJob job)
    {
        lock (waiting)
        {
            if (job.Node.List is null)
                return false;
            waiting.Remove(job.Node);
            return true;
        }
    }

    /// <summary>
    /// Waits for a request, then takes it with those that can join it, up to a batch. Requests that nobody waits for are
    /// dropped. A batch that is not full is held only while the rules' delay lasts, and only as long as it has company
    /// already, or more is being received; an idle lane never waits with a single request for nobody.
    /// </summary>
    /// <param name="batch">Emptied, then filled.</param>
    /// <param name="stop">Ends the waiting; <see cref="Wake"/> makes it be looked at.</param>
    /// <returns>False when there will be no more, or it was stopped.</returns>
    public bool Take(List<InferenceJob> batch, Func<bool> stop)
    {
        ITimer? alarm = null;
        lock (waiting)
        {
            while (!stop())
            {
                Gather(batch);
                if (batch.Count == 0)
                {
                    if (closed)
                        return false;
                    Monitor.Wait(waiting);
                    continue;
                }

                if (HoldTime(batch) is { } remaining && remaining > TimeSpan.Zero)
                {
                    alarm ??= time.CreateTimer(_ => Wake(), null, remaining, Timeout.InfiniteTimeSpan);
                    Monitor.Wait(waiting);
                    continue;
                }

                foreach (InferenceJob job in batch)
                    waiting.Remove(job.Node);
                alarm?.Dispose();
                // What woke this lane may have been meant for what is left.
                if (waiting.Count > 0)
                    Monitor.Pulse(waiting);
                return true;
            }
        }

        batch.Clear();
        alarm?.Dispose();
        return false;
    }

    /// <summary>Makes the lanes that wait look whether they should stop.</summary>
    public void Wake()
    {
        lock (waiting)
            Monitor.PulseAll(waiting);
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

    /// <summary>Finds the oldest request and those that can join it, and leaves them where they are.</summary>
    private void Gather(List<InferenceJob> batch)
    {
        batch.Clear();
        for (LinkedListNode<InferenceJob>? node = waiting.First, next; node is not null && batch.Count < rules.Size; node = next)
        {
            next = node.Next;
            InferenceJob job = node.Value;
            if (job.IsAbandoned)
            {
                waiting.Remove(node);
                job.Drop();
            }
            else if (batch.Count == 0 || Equals(job.BatchKey, batch[0].BatchKey))
            {
                batch.Add(job);
            }
        }
    }

    /// <summary>How long to wait for a batch to become fuller; null when it should go at once.</summary>
    private TimeSpan? HoldTime(List<InferenceJob> batch)
    {
        bool isFull = batch.Count == rules.Size;
        bool hasCompany = batch.Count > 1 || expected > 0;
        // With others that cannot join, waiting would keep them, too.
        bool othersWait = waiting.Count > batch.Count;
        return rules.Delay > TimeSpan.Zero && !isFull && hasCompany && !othersWait && !closed ? rules.Delay - time.GetElapsedTime(batch[0].QueuedAt) : null;
    }

    /// <summary>What became of a request that was to be added.</summary>
    public enum Admission
    {
        Added,
        Full,
        Closed,
    }
}
