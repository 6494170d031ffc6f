using System.Runtime.CompilerServices;
using Eisen.Serve.Handlers;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Engine;

/// <summary>
/// A version of a model, loaded or on its way: what it was made from, its queue, its lanes and its status. Requests that
/// were admitted before it is unloaded are answered before anything is taken away.
/// </summary>
public sealed class ModelVersion
{
    private readonly InferenceQueue queue;
    private readonly LaneGroup lanes;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly TaskCompletionSource allLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for the version itself, until it is unloaded.
    private int leases = 1;
    private bool released;
    private volatile bool wantsNone;

    internal ModelVersion(LoadedArchive archive, TimeProvider time, ILogger logger)
    {
        Archive = archive;
        this.time = time;
        this.logger = logger;
        queue = new InferenceQueue(Options.JobQueueSize, new BatchRules(Options.BatchSize, Options.MaxBatchDelay), time);
        lanes = new LaneGroup(this, queue, time, logger);
    }

    /// <summary>The name it is registered by.</summary>
    public string Name => Archive.Name;

    /// <summary>The version, as the manifest has it.</summary>
    public string Version => Archive.Version;

    /// <summary>What was asked for.</summary>
    public ModelConfig Config => Archive.Config;

    /// <summary>How it runs.</summary>
    public ModelOptions Options => Archive.Options;

    /// <summary>The runtime that the manifest names.</summary>
    public string Runtime => Archive.Runtime;

    /// <summary>Its state, and why it failed if it did.</summary>
    public ModelStatus Status { get; } = new();

    /// <summary>The fewest and the most workers that it should have; scaling changes them. One that failed and is not tried again
    /// by itself because nobody waits for it wants none.</summary>
    public WorkerRange WorkerRange => wantsNone ? new WorkerRange(0, 0) : lanes.Range;

    /// <summary>Whether it failed and is tried again, or is that other try.</summary>
    public bool IsTriedAgain { get; internal set; }

    /// <summary>Whether it failed and only registering it again can help: what it was fetched from has to be asked again.</summary>
    public bool MustBeRegisteredAgain => Config.IsFetched && Status.State == ModelState.Failed;

    /// <summary>Whether its workers are processes of their own.</summary>
    public bool RunsElsewhere => Archive.RunsElsewhere;

    /// <summary>Which handler runs it, where, and why; null when none can.</summary>
    public HandlerChoice? Handler => Archive.Choice;

    /// <summary>Its workers.</summary>
    public IReadOnlyList<WorkerStatus> Workers => lanes.Workers;

    /// <summary>Which optimization of its module is used, and why; null when none was looked for.</summary>
    public OptimizationReport? Optimization => Archive.Optimization;

    /// <summary>The bytes of its module's weights, on all devices together; 0 where workers are processes.</summary>
    public long WeightBytes => Archive.WeightBytes;

    /// <summary>How many requests wait.</summary>
    public int PendingRequests => queue.Count;

    /// <summary>How many more requests could wait.</summary>
    public int RemainingQueueCapacity => queue.Capacity - queue.Count;

    internal LoadedArchive Archive { get; }

    /// <summary>Announces a request, so that the version stays until it has its answer.</summary>
    /// <returns>The hold, to be disposed; null when the version is being unloaded.</returns>
    public ModelLease? TryEnter()
    {
        int seen = Volatile.Read(ref leases);
        while (seen > 0 && !Volatile.Read(ref released))
        {
            int before = Interlocked.CompareExchange(ref leases, seen + 1, seen);
            if (before == seen)
            {
                bool isExpected = Options.BatchSize > 1 && Options.MaxBatchDelay > TimeSpan.Zero;
                if (isExpected)
                    queue.Expect();
                return new ModelLease(this, isExpected);
            }

            seen = before;
        }

        return null;
    }

    /// <summary>The answer for a request that no worker can take, with the reason.</summary>
    public HandlerAnswer NoWorker() => HandlerAnswer.Failure(PredictionError.NoWorker, Status.State switch
    {
        ModelState.Loading => $"model {Name} {Version} is still loading",
        ModelState.Failed => $"model {Name} {Version} failed to load: {Status.Reason}",
        ModelState.Ready when lanes.Reason is { } reason => $"model {Name} {Version} has no worker that runs: {reason}",
        ModelState.Ready => $"model {Name} {Version} has no worker",
        _ => $"model {Name} {Version} is being unloaded",
    });

    /// <summary>Answers what waits, when no worker will.</summary>
    internal void RefuseWaiting()
    {
        if (!lanes.IsServing)
            Answer(queue.Drain());
    }

    internal void Leave(bool wasExpected)
    {
        if (wasExpected)
            queue.Unexpect();
        if (Interlocked.Decrement(ref leases) == 0)
            allLeft.TrySetResult();
    }

    // Pooled: it is the one asynchronous method of the engine that every request runs.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<HandlerAnswer> PredictAsync(HandlerRequest request, TimeSpan patience, bool wasExpected, CancellationToken callerGone)
    {
        InferenceJob job;
        try
        {
            if (Status.State < ModelState.Ready || Status.State == ModelState.Failed || !lanes.IsServing)
                return Refuse(request, NoWorker());

            object? key = KeyOf(request);
            long now = time.GetTimestamp();
            request.Times.Queued = now;
            job = new InferenceJob(request, key, now, DeadlineAfter(now, patience), callerGone);
            switch (queue.TryAdd(job))
            {
                case InferenceQueue.Admission.Full:
                    return Refuse(request, HandlerAnswer.Failure(PredictionError.QueueFull, $"{queue.Capacity} requests wait for model {Name} already"));
                case InferenceQueue.Admission.Closed:
                    return Refuse(request, NoWorker());
            }

            // The last lane may have gone in between, and what waited then has been answered already. Before the first has
            // come, requests wait for it.
            if (!lanes.IsServing && !IsBeginning && queue.Remove(job))
                return Refuse(request, NoWorker());
        }
        finally
        {
            if (wasExpected)
                queue.Unexpect();
        }

        using CancellationTokenRegistration leaving = callerGone.UnsafeRegister(static job => ((InferenceJob)job!).Leave(), job);
        HandlerAnswer answer = await job.Task;
        answer.Parts?.Limit(Options.ResponseTimeout, time);
        return answer;
    }

    /// <summary>Says that it failed and nobody waits for it to come.</summary>
    internal void GiveUp()
    {
        wantsNone = true;
        IsTriedAgain = false;
    }

    private bool IsBeginning => Status.State == ModelState.Loading && Options.MinWorkers > 0;

    private object? KeyOf(HandlerRequest request)
    {
        if (Options.BatchSize == 1)
            return null;
        // An explanation is many forwards by itself.
        if (request.Kind == RequestKind.Explain && !RunsElsewhere)
            return request;
        // A batch asks for one kind of thing.
        if (request.Kind != RequestKind.Predict)
            return request.Kind;
        try
        {
            long start = time.GetTimestamp();
            object? key = Archive.BatchKey(request);
            request.Times.DecodedBefore = time.GetTimestamp() - start;
            return key;
        }
        catch
        {
            // Decoding may find no memory: what the request holds must not stay.
            request.Dispose();
            throw;
        }
    }

    private long DeadlineAfter(long now, TimeSpan patience)
    {
        // A worker that is a process is ended when it exceeds the time, and the next request may have to wait for it to start.
        TimeSpan longest = Archive.RunsElsewhere ? Options.ResponseTimeout + Options.StartupTimeout : Options.ResponseTimeout;
        if (Options.ClientTimeout > TimeSpan.Zero && Options.ClientTimeout < longest)
            longest = Options.ClientTimeout;
        TimeSpan timeout = patience < longest ? patience : longest;
        return now + (long)(timeout.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>Starts the first lanes, and returns when all of them are ready.</summary>
    /// <exception cref="Exception">A worker could not be loaded, or not in time.</exception>
    internal Task StartAsync(CancellationToken cancellationToken) => lanes.ScaleAsync(new WorkerRange(Options.MinWorkers, Options.MaxWorkers), cancellationToken);

    /// <summary>Changes how many workers there are, and returns when they are ready, or have ended.</summary>
    /// <exception cref="Exception">A worker could not be loaded, or not in time; those that could stay.</exception>
    internal async Task ScaleAsync(WorkerRange range, CancellationToken cancellationToken)
    {
        try
        {
            await lanes.ScaleAsync(range, cancellationToken);
        }
        finally
        {
            // Also when a lane takes too long to end: none will come for what waits.
            if (lanes.Count == 0)
                Answer(queue.Drain());
        }
    }

    /// <summary>Takes no more requests, finishes those that are there, and frees everything.</summary>
    /// <param name="patience">How long lanes may take to end.</param>
    internal async Task UnloadAsync(TimeSpan patience)
    {
        Status.Advance(ModelState.Unloading);
        await ReleaseAsync(patience);
        if (Status.Advance(ModelState.Unloaded))
            EngineLog.Unloaded(logger, Name, Version);
    }

    /// <summary>Ends the lanes and frees what they used. A lane that hangs in a forward cannot be stopped from outside:
    /// the weights go when that forward returns.</summary>
    /// <param name="patience">How long lanes may take to end.</param>
    internal async Task ReleaseAsync(TimeSpan patience)
    {
        if (Interlocked.Exchange(ref released, true))
            return;

        long start = time.GetTimestamp();
        Leave(wasExpected: false);
        bool answered = await EndsWithin(allLeft.Task, patience);
        queue.Close();
        TimeSpan left = patience - time.GetElapsedTime(start);
        if (!await EndsWithin(lanes.EndAsync(), left > TimeSpan.Zero ? left : TimeSpan.Zero) || !answered)
            EngineLog.WorkersLeftBehind(logger, Name, Version, lanes.Running, patience.TotalSeconds);

        // What still waits would find no module; only then may that go.
        Answer(queue.Drain());
        Archive.Dispose();
    }

    private async Task<bool> EndsWithin(Task task, TimeSpan patience)
    {
        try
        {
            await task.WaitAsync(patience, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Answer(IReadOnlyList<InferenceJob> jobs)
    {
        foreach (InferenceJob job in jobs)
            job.Complete(NoWorker());
    }

    private static HandlerAnswer Refuse(HandlerRequest request, HandlerAnswer answer)
    {
        request.Dispose();
        return answer;
    }
}
