using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine.Tests.Queueing;

public sealed class InferenceQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void TryAdd_UpToCapacity_ThenSaysFull()
    {
        InferenceQueue queue = Queue(2);

        queue.TryAdd(Job()).ShouldBe(InferenceQueue.Admission.Added);
        queue.TryAdd(Job()).ShouldBe(InferenceQueue.Admission.Added);
        queue.TryAdd(Job()).ShouldBe(InferenceQueue.Admission.Full);
        queue.Count.ShouldBe(2);

        queue.Take([], Never).ShouldBeTrue();
        queue.TryAdd(Job()).ShouldBe(InferenceQueue.Admission.Added);
    }

    [Fact]
    public void Take_MoreThanABatchWaits_TakesTheOldestUpToTheBatch()
    {
        InferenceQueue queue = Queue(10, batchSize: 3);
        InferenceJob[] jobs = [.. Enumerable.Range(0, 5).Select(_ => Job())];
        foreach (InferenceJob job in jobs)
            queue.TryAdd(job);
        List<InferenceJob> batch = [Job()];

        queue.Take(batch, Never).ShouldBeTrue();
        batch.ShouldBe(jobs[..3]);
        queue.Take(batch, Never).ShouldBeTrue();
        batch.ShouldBe(jobs[3..]);
        queue.Count.ShouldBe(0);
    }

    [Fact]
    public void Take_JobsThatNobodyWaitsFor_AreDropped()
    {
        InferenceQueue queue = Queue(10);
        using CancellationTokenSource gone = new();
        InferenceJob cancelled = Job(gone.Token);
        InferenceJob late = Job();
        InferenceJob wanted = Job();
        queue.TryAdd(cancelled);
        queue.TryAdd(late);
        queue.TryAdd(wanted);
        gone.Cancel();
        late.Abandon();
        List<InferenceJob> batch = [];

        queue.Take(batch, Never).ShouldBeTrue();

        batch.ShouldBe([wanted]);
    }

    [Fact]
    public void TryAdd_Closed_SaysSo()
    {
        InferenceQueue queue = Queue(1);
        queue.Close();

        queue.TryAdd(Job()).ShouldBe(InferenceQueue.Admission.Closed);
        queue.Take([], Never).ShouldBeFalse();
    }

    [Fact]
    public void Take_ClosedWithJobs_EmptiesItFirst()
    {
        InferenceQueue queue = Queue(2);
        queue.TryAdd(Job());
        queue.TryAdd(Job());
        queue.Close();

        queue.Take([], Never).ShouldBeTrue();
        queue.Take([], Never).ShouldBeTrue();
        queue.Take([], Never).ShouldBeFalse();
    }

    [Fact]
    public void Drain_JobsWait_TakesThemOut()
    {
        InferenceQueue queue = Queue(2);
        InferenceJob job = Job();
        queue.TryAdd(job);

        queue.Drain().ShouldBe([job]);
        queue.Count.ShouldBe(0);
    }

    [Fact]
    public void Take_Waiting_IsWokenByAnAdd()
    {
        InferenceQueue queue = Queue(2);
        List<InferenceJob> batch = [];
        bool taken = false;
        Thread taker = StartWaiting(() => taken = queue.Take(batch, Never));
        InferenceJob job = Job();

        queue.TryAdd(job);

        taker.Join(Patience).ShouldBeTrue();
        taken.ShouldBeTrue();
        batch.ShouldBe([job]);
    }

    [Fact]
    public void Take_SeveralWaiting_AreAllWokenByClose()
    {
        InferenceQueue queue = Queue(2);
        int ended = 0;
        Thread[] takers = [.. Enumerable.Range(0, 3).Select(_ => StartWaiting(() => Interlocked.Add(ref ended, queue.Take([], Never) ? 100 : 1)))];

        queue.Close();

        takers.ShouldAllBe(taker => taker.Join(Patience));
        ended.ShouldBe(3);
    }

    [Fact]
    public void Take_ManyTakersAndAdders_GivesEachJobOnce()
    {
        InferenceQueue queue = Queue(1 << 20, batchSize: 7);
        System.Collections.Concurrent.ConcurrentDictionary<InferenceJob, int> seen = new();
        Thread[] takers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            List<InferenceJob> batch = [];
            while (queue.Take(batch, Never))
                batch.ForEach(job => seen.AddOrUpdate(job, 1, (_, count) => count + 1));
        }))];
        foreach (Thread taker in takers)
            taker.Start();

        Parallel.For(0, 20_000, _ => queue.TryAdd(Job()));
        queue.Close();

        takers.ShouldAllBe(taker => taker.Join(Patience));
        seen.Count.ShouldBe(20_000);
        seen.Values.ShouldAllBe(count => count == 1);
    }

    private static Thread StartWaiting(Action take)
    {
        Thread thread = new(() => take());
        thread.Start();
        SpinWait.SpinUntil(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience).ShouldBeTrue();
        return thread;
    }

    private static bool Never() => false;

    private static InferenceQueue Queue(int capacity, int batchSize = 1) => new(capacity, new BatchRules(batchSize, TimeSpan.Zero), TimeProvider.System);

    private static InferenceJob Job(CancellationToken callerGone = default) => new(new HandlerRequest([]), callerGone: callerGone);
}
