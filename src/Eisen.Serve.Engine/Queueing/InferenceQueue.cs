using Eisen.Serve.Data;
using Eisen.Serve.Handlers;

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
    private const int YieldsBeforeSleep = 20;

    private readonly LinkedList<InferenceJob> waiting = new();
    private readonly LinkedList<InferenceJob> running = new();

    // One alarm, at the first deadline of all, rather than a timer for each request.
    private ITimer? alarm;
    private long alarmAt = long.MaxValue;
    private int expected;
    private volatile bool isEmpty = true;
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
            job.Queue = this;
            waiting.AddLast(job.Node);
            isEmpty = false;
            if (job.Deadline < alarmAt)
                SetAlarm(job.Deadline);
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
            if (job.Node.List != waiting)
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
    /// <param name="batch">What was taken the time before, and is finished; then what is taken now.</param>
    /// <param name="stop">Ends the waiting; <see cref="Wake"/> makes it be looked at.</param>
    /// <returns>False when there will be no more, or it was stopped.</returns>
    public bool Take(List<InferenceJob> batch, Func<bool> stop)
    {
        ITimer? hold = null;
        lock (waiting)
        {
            Forget(batch);
            while (!stop())
            {
                Gather(batch);
                if (batch.Count == 0)
                {
                    if (closed)
                        return false;
                    AwaitOne(stop);
                    continue;
                }

                if (HoldTime(batch) is { } remaining && remaining > TimeSpan.Zero)
                {
                    // Anew each time: a timer may run off a little early, and there may be nothing else to wake this lane.
                    hold ??= time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    hold.Change(InWholeMilliseconds(remaining), Timeout.InfiniteTimeSpan);
                    Monitor.Wait(waiting);
                    continue;
                }

                foreach (InferenceJob job in batch)
                {
                    waiting.Remove(job.Node);
                    running.AddLast(job.Node);
                }

                isEmpty = waiting.Count == 0;
                hold?.Dispose();
                // What woke this lane may have been meant for what is left.
                if (waiting.Count > 0)
                    Monitor.Pulse(waiting);
                return true;
            }
        }

        batch.Clear();
        hold?.Dispose();
        return false;
    }

    /// <summary>Lets go of what a lane has finished, so that it is not kept for its deadline. <see cref="Take"/> does it for the
    /// batch that it is given.</summary>
    public void Forget(List<InferenceJob> finished)
    {
        lock (waiting)
        {
            foreach (InferenceJob job in finished)
                job.Node.List?.Remove(job.Node);
        }
    }

    /// <summary>Makes the lanes that wait look whether they should stop.</summary>
    public void Wake()
    {
        lock (waiting)
            Monitor.PulseAll(waiting);
    }

    /// <summary>Whether nothing more is added.</summary>
    public bool IsClosed
    {
        get
        {
            lock (waiting)
                return closed;
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

    /// <summary>Takes out everything that waits, for when there is no lane to do it. Callers whose requests a
    /// lane still has are freed in time, too.</summary>
    public IReadOnlyList<InferenceJob> Drain()
    {
        lock (waiting)
        {
            InferenceJob[] left = [.. waiting];
            waiting.Clear();
            if (running.Count == 0)
            {
                alarm?.Dispose();
                alarm = null;
                alarmAt = long.MaxValue;
            }

            return left;
        }
    }

    /// <summary>Waits until something has been added, or changed; called, and left, with the lock held.</summary>
    private void AwaitOne(Func<bool> stop)
    {
        // The next request of many is here in a few microseconds. Letting others run until then costs less than to sleep and
        // to be woken; a queue that stays empty is slept on.
        Monitor.Exit(waiting);
        for (int i = 0; i < YieldsBeforeSleep && isEmpty; i++)
            Thread.Yield();
        Monitor.Enter(waiting);
        // What happened in between woke nobody.
        if (waiting.Count == 0 && !closed && !stop())
            Monitor.Wait(waiting);
    }

    private void SetAlarm(long timestamp)
    {
        alarmAt = timestamp;
        TimeSpan left = time.GetElapsedTime(time.GetTimestamp(), timestamp);
        left = left < TimeSpan.Zero ? TimeSpan.Zero : left;
        if (alarm is null)
            alarm = time.CreateTimer(_ => Expire(), null, InWholeMilliseconds(left), Timeout.InfiniteTimeSpan);
        else
            alarm.Change(InWholeMilliseconds(left), Timeout.InfiniteTimeSpan);
    }

    // Timers drop what is less.
    private static TimeSpan InWholeMilliseconds(TimeSpan time) => TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds));

    /// <summary>Frees the callers whose time is over. A lane that has the request goes on with it.</summary>
    private void Expire()
    {
        List<(InferenceJob Job, bool Waited)> late = [];
        lock (waiting)
        {
            long now = time.GetTimestamp();
            alarmAt = long.MaxValue;
            foreach (InferenceJob job in waiting.Concat(running))
            {
                if (job.Deadline <= now)
                    late.Add((job, job.Node.List == waiting));
                else
                    alarmAt = Math.Min(alarmAt, job.Deadline);
            }

            foreach ((InferenceJob job, bool waited) in late)
            {
                if (waited)
                    waiting.Remove(job.Node);
            }

            if (alarmAt != long.MaxValue)
                SetAlarm(alarmAt);
        }

        foreach ((InferenceJob job, bool waited) in late)
        {
            job.GiveUp(PredictionError.DeadlineExceeded, $"there was no answer within {DurationText.Of(time.GetElapsedTime(job.QueuedAt, job.Deadline))}");
            if (waited)
                job.Request.Dispose();
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
