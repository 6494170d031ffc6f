using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;

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
        late.GiveUp(PredictionError.DeadlineExceeded, "late");
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

    [Fact]
    public void Take_KeysDiffer_TakesThoseThatCanJoinTheOldestAndLeavesTheOthersInOrder()
    {
        InferenceQueue queue = Queue(10, batchSize: 3);
        InferenceJob[] jobs = [.. "abbaabaa".Select(key => Job(key: key.ToString()))];
        foreach (InferenceJob job in jobs)
            queue.TryAdd(job);
        List<InferenceJob> batch = [];

        queue.Take(batch, Never).ShouldBeTrue();
        batch.ShouldBe([jobs[0], jobs[3], jobs[4]]);
        queue.Take(batch, Never).ShouldBeTrue();
        batch.ShouldBe([jobs[1], jobs[2], jobs[5]]);
        queue.Take(batch, Never).ShouldBeTrue();
        batch.ShouldBe([jobs[6], jobs[7]]);
    }

    [Fact]
    public void Take_LoneRequestAndNothingOnItsWay_GoesAtOnceWhateverTheDelay()
    {
        InferenceQueue queue = new(10, new BatchRules(4, TimeSpan.FromHours(1)), new ManualTime());
        InferenceJob job = Job();
        queue.TryAdd(job);
        List<InferenceJob> batch = [];

        queue.Take(batch, Never).ShouldBeTrue();

        batch.ShouldBe([job]);
    }

    [Fact]
    public void Take_RequestOnItsWay_IsWaitedForUntilTheDelayCountedFromTheOldestsArrival()
    {
        ManualTime time = new();
        InferenceQueue queue = new(10, new BatchRules(4, TimeSpan.FromSeconds(10)), time);
        queue.Expect();
        InferenceJob job = Job();
        queue.TryAdd(job);
        // It has waited for a part of the delay before a lane comes.
        time.Advance(TimeSpan.FromSeconds(6));
        List<InferenceJob> batch = [];
        Thread taker = StartWaiting(() => queue.Take(batch, Never));

        time.Advance(TimeSpan.FromSeconds(3));
        taker.Join(TimeSpan.FromMilliseconds(50)).ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));

        taker.Join(Patience).ShouldBeTrue();
        batch.ShouldBe([job]);
        time.Pending.ShouldBe(0);
    }

    [Fact]
    public void Take_RealClockWhoseTimersAreCoarse_NeverForgetsAHeldRequest()
    {
        InferenceQueue queue = new(10, new BatchRules(4, TimeSpan.FromMilliseconds(3)), TimeProvider.System);
        queue.Expect();
        Thread taker = new(() =>
        {
            List<InferenceJob> batch = [];
            for (int round = 0; round < 200; round++)
            {
                queue.TryAdd(new InferenceJob(new HandlerRequest([]), queuedAt: TimeProvider.System.GetTimestamp()));
                queue.Take(batch, Never);
            }
        });

        taker.Start();

        taker.Join(Patience).ShouldBeTrue("a request was held and never given out");
    }

    [Fact]
    public void Take_ExpectedRequestDoesNotCome_IsNotWaitedForAnyMore()
    {
        InferenceQueue queue = new(10, new BatchRules(4, TimeSpan.FromHours(1)), new ManualTime());
        queue.Expect();
        queue.TryAdd(Job());
        List<InferenceJob> batch = [];
        Thread taker = StartWaiting(() => queue.Take(batch, Never));

        queue.Unexpect();

        taker.Join(Patience).ShouldBeTrue();
        batch.Count.ShouldBe(1);
    }

    [Fact]
    public void Take_BatchBecomesFull_GoesBeforeTheDelayIsOver()
    {
        InferenceQueue queue = new(10, new BatchRules(3, TimeSpan.FromHours(1)), new ManualTime());
        queue.TryAdd(Job());
        queue.TryAdd(Job());
        List<InferenceJob> batch = [];
        Thread taker = StartWaiting(() => queue.Take(batch, Never));

        queue.TryAdd(Job());

        taker.Join(Patience).ShouldBeTrue();
        batch.Count.ShouldBe(3);
    }

    [Fact]
    public void Take_OthersThatCannotJoinWait_DoesNotHoldThemUp()
    {
        InferenceQueue queue = new(10, new BatchRules(3, TimeSpan.FromHours(1)), new ManualTime());
        queue.TryAdd(Job(key: "a"));
        queue.TryAdd(Job(key: "a"));
        queue.TryAdd(Job(key: "b"));
        List<InferenceJob> batch = [];

        queue.Take(batch, Never).ShouldBeTrue();

        batch.Count.ShouldBe(2);
    }

    [Fact]
    public void Take_Closed_HoldsNothingBack()
    {
        InferenceQueue queue = new(10, new BatchRules(3, TimeSpan.FromHours(1)), new ManualTime());
        queue.TryAdd(Job());
        queue.TryAdd(Job());
        queue.Close();

        queue.Take([], Never).ShouldBeTrue();
        queue.Take([], Never).ShouldBeFalse();
    }

    [Fact]
    public void Take_ToldToStop_LeavesWhatWaitsToOthers()
    {
        InferenceQueue queue = Queue(10);
        bool stopped = false;
        bool taken = true;
        Thread taker = StartWaiting(() => taken = queue.Take([], () => Volatile.Read(ref stopped)));

        Volatile.Write(ref stopped, true);
        queue.Wake();

        taker.Join(Patience).ShouldBeTrue();
        taken.ShouldBeFalse();
        queue.TryAdd(Job());
        queue.Take([], () => true).ShouldBeFalse();
        queue.Count.ShouldBe(1);
    }

    [Fact]
    public void Remove_Waiting_GivesItsPlaceFreeAndOnlyOnce()
    {
        InferenceQueue queue = Queue(1);
        InferenceJob job = Job();
        queue.TryAdd(job);

        queue.Remove(job).ShouldBeTrue();
        queue.Remove(job).ShouldBeFalse();
        queue.TryAdd(Job()).ShouldBe(InferenceQueue.Admission.Added);
    }

    [Fact]
    public void OldestWait_Waiting_CountsFromTheOldest()
    {
        ManualTime time = new();
        InferenceQueue queue = new(10, new BatchRules(1, TimeSpan.Zero), time);
        queue.OldestWait.ShouldBe(TimeSpan.Zero);
        queue.TryAdd(Job());
        time.Advance(TimeSpan.FromSeconds(2));
        queue.TryAdd(new InferenceJob(new HandlerRequest([]), queuedAt: time.GetTimestamp()));

        queue.OldestWait.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Expire_DeadlinesPass_FreesEachCallerInTimeAndKeepsTheOthers()
    {
        ManualTime time = new();
        InferenceQueue queue = new(10, new BatchRules(1, TimeSpan.Zero), time);
        InferenceJob[] jobs = [.. new[] { 9, 2, 5, 2 }.Select(seconds => new InferenceJob(new HandlerRequest([]), deadline: time.GetTimestamp() + (seconds * time.TimestampFrequency)))];
        foreach (InferenceJob job in jobs)
            queue.TryAdd(job);
        List<InferenceJob> batch = [];
        queue.Take(batch, Never).ShouldBeTrue();
        time.Pending.ShouldBe(1, "one alarm is enough for all of them");

        time.Advance(TimeSpan.FromSeconds(2));
        jobs.Select(job => job.Task.IsCompleted).ShouldBe([false, true, false, true]);
        queue.Count.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(3));
        jobs[2].Task.IsCompleted.ShouldBeTrue();
        time.Advance(TimeSpan.FromSeconds(4));

        // A lane has this one; its caller is freed all the same.
        jobs[0].Task.IsCompleted.ShouldBeTrue();
        queue.Take(batch, () => true).ShouldBeFalse();
        queue.Drain().ShouldBeEmpty();
        time.Pending.ShouldBe(0);
    }

    [Fact]
    public void Forget_TakenAndRefused_IsNotKeptForItsDeadline()
    {
        ManualTime time = new();
        InferenceQueue queue = new(10, new BatchRules(1, TimeSpan.Zero), time);
        queue.TryAdd(new InferenceJob(new HandlerRequest([]), deadline: time.GetTimestamp() + time.TimestampFrequency));
        List<InferenceJob> batch = [];
        queue.Take(batch, Never).ShouldBeTrue();

        queue.Forget(batch);

        batch.Single().Node.List.ShouldBeNull();
        queue.Drain().ShouldBeEmpty();
        time.Pending.ShouldBe(0);
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

    private static InferenceJob Job(CancellationToken callerGone = default, string? key = null) => new(new HandlerRequest([]), key, callerGone: callerGone);
}
