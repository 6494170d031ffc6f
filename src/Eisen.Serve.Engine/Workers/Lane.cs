using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Engine;

/// <summary>
/// A worker's thread. It loads the worker, then takes what waits in the version's queue until that is closed and empty,
/// or the lane is retired. A batch that fails is answered as failed, and the lane goes on; a worker that dies is started
/// again.
/// </summary>
internal sealed class Lane
{
    // TorchServe numbers its workers from 9000; scripts that read the ids expect nothing else of them.
    private static int lastId = 8999;

    private readonly ModelVersion version;
    private readonly InferenceQueue queue;
    private readonly IModelWorker worker;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Thread thread;
    private readonly CancellationTokenSource retired = new();
    private readonly TaskCompletionSource loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<HandlerRequest> requests = [];
    private readonly RestartPauses pauses;
    private readonly BatchTrace trace;
    private readonly DateTimeOffset startTime;
    private readonly int id = Interlocked.Increment(ref lastId);
    private volatile WorkerState state = WorkerState.Loading;
    private volatile string? reason;
    private long lastBusy;
    private long loadTicks = -1;

    public Lane(ModelVersion version, InferenceQueue queue, IModelWorker worker, TorchDevice device, TimeProvider time, ILogger logger)
    {
        this.version = version;
        this.queue = queue;
        this.worker = worker;
        this.time = time;
        this.logger = logger;
        Device = device;
        startTime = time.GetUtcNow();
        lastBusy = time.GetTimestamp();
        pauses = new RestartPauses(TimeSpan.FromSeconds(version.Options.MaxRetryTimeoutInSec), time);
        trace = new BatchTrace(version, id, device, time);
        worker.Died += queue.Wake;
        thread = new Thread(Run) { IsBackground = true, Name = $"lane {id} {version.Name}" };
    }

    public TorchDevice Device { get; }

    /// <summary>Ends when the worker is ready, or with what kept it from it.</summary>
    public Task Loaded => loaded.Task;

    /// <summary>Ends with the thread.</summary>
    public Task Ended => ended.Task;

    public WorkerStatus Status => new(id, Device, state, startTime, worker.ProcessId, reason, LoadTime);

    private TimeSpan? LoadTime => Volatile.Read(ref loadTicks) is var ticks and >= 0 ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>Whether a request may wait for it: it answers, or will soon.</summary>
    public bool IsServing => state is WorkerState.Ready or WorkerState.Loading;

    /// <summary>How long it has had nothing to do.</summary>
    public TimeSpan IdleTime => time.GetElapsedTime(Volatile.Read(ref lastBusy));

    public void Start() => thread.Start();

    /// <summary>Ends the lane after the batch that it has. What waits is left to others.</summary>
    public void Retire()
    {
        retired.Cancel();
        queue.Wake();
    }

    private void Run()
    {
        try
        {
            if (Load())
                Serve();
        }
        catch (Exception failure)
        {
            // Nothing may leave a thread of ours: it would take the process, and with it every other model.
            state = WorkerState.Failed;
            EngineLog.LaneFailed(logger, failure, version.Name, version.Version);
        }
        finally
        {
            worker.Dispose();
            ended.SetResult();
        }
    }

    private bool Load()
    {
        try
        {
            LoadWorker();
            state = WorkerState.Ready;
            loaded.SetResult();
            return true;
        }
        catch (Exception failure)
        {
            reason = FailureText.InOneLine(failure);
            state = WorkerState.Failed;
            loaded.SetException(failure);
            return false;
        }
    }

    private void LoadWorker()
    {
        long start = time.GetTimestamp();
        worker.Load(retired.Token);
        Volatile.Write(ref loadTicks, time.GetElapsedTime(start).Ticks);
    }

    private void Serve()
    {
        List<InferenceJob> batch = [];
        Func<bool> stop = () => retired.IsCancellationRequested || !worker.IsAlive;
        while (true)
        {
            bool taken = queue.Take(batch, stop);
            if (!taken && (worker.IsAlive || retired.IsCancellationRequested || queue.IsClosed))
                break;
            // Death while idle: what was taken has not been tried yet, and is answered by the worker's next life.
            if (!worker.IsAlive && !Restart(batch))
                return;
            if (batch.Count == 0)
                continue;
            Answer(batch);
            Volatile.Write(ref lastBusy, time.GetTimestamp());
        }

        state = WorkerState.Stopped;
    }

    /// <summary>Starts the worker again, with ever longer pauses. Once it fails to start, requests do not wait for it.</summary>
    /// <param name="waiting">What it was to answer; it is refused and taken out when it would have to wait.</param>
    /// <returns>False when the lane is to end.</returns>
    private bool Restart(List<InferenceJob> waiting)
    {
        state = pauses.IsFirst ? WorkerState.Loading : WorkerState.Retrying;
        while (pauses.Next() is { } pause)
        {
            try
            {
                if (state == WorkerState.Retrying)
                    Refuse(waiting);
                if (pause > TimeSpan.Zero)
                {
                    EngineLog.WorkerWillRestart(logger, version.Name, version.Version, pause.TotalSeconds);
                    Task.Delay(pause, time, retired.Token).GetAwaiter().GetResult();
                }

                LoadWorker();
                reason = null;
                state = WorkerState.Ready;
                EngineLog.WorkerRestarted(logger, version.Name, version.Version);
                return true;
            }
            catch (OperationCanceledException) when (retired.IsCancellationRequested)
            {
                state = WorkerState.Stopped;
                Refuse(waiting);
                return false;
            }
            catch (Exception failure)
            {
                reason = FailureText.InOneLine(failure);
                EngineLog.WorkerDied(logger, version.Name, version.Version, reason);
                state = WorkerState.Retrying;
            }
        }

        EngineLog.WorkerGivenUp(logger, version.Name, version.Version, version.Options.MaxRetryTimeoutInSec);
        state = WorkerState.Failed;
        Refuse(waiting);
        return false;
    }

    private void Refuse(List<InferenceJob> waiting)
    {
        foreach (InferenceJob job in waiting)
            job.Complete(version.NoWorker());
        queue.Forget(waiting);
        waiting.Clear();
        version.RefuseWaiting();
    }

    private void Answer(List<InferenceJob> batch)
    {
        IReadOnlyList<HandlerAnswer> answers = Ask(batch);
        List<InferenceJob>? failed = null;
        for (int i = 0; i < batch.Count; i++)
        {
            if (batch.Count > 1 && IsFailure(answers[i]) && !batch[i].HasBegun)
                (failed ??= []).Add(batch[i]);
            else
                Complete(batch[i], answers[i]);
        }

        // When the clients have their answers, and before a request's times are those of another try.
        trace.Tell(batch, answers);
        if (failed is null)
            return;

        // One of them may have made the batch fail: alone, it fails alone.
        foreach (InferenceJob job in failed)
        {
            if (job.IsAbandoned)
            {
                job.Drop();
                continue;
            }

            List<InferenceJob> alone = [job];
            IReadOnlyList<HandlerAnswer> answer = Ask(alone);
            Complete(job, answer[0]);
            trace.Tell(alone, answer);
        }
    }

    private void Complete(InferenceJob job, HandlerAnswer answer)
    {
        if (IsFailure(answer))
            EngineLog.PredictionFailed(logger, version.Name, version.Version, job.Request.Id, answer.Message);
        job.Complete(answer);
    }

    private IReadOnlyList<HandlerAnswer> Ask(List<InferenceJob> batch)
    {
        try
        {
            CancellationToken callerGone = batch is not [InferenceJob only] ? CancellationToken.None
                // It can take minutes, and is of no use to anybody when its time is over, either.
                : only.Request.Kind == RequestKind.Explain ? only.Abandoned
                : only.CallerGone;
            requests.Clear();
            long taken = time.GetTimestamp();
            foreach (InferenceJob job in batch)
            {
                job.Request.Times.TakenAt(taken);
                requests.Add(job.Request);
            }

            IReadOnlyList<HandlerAnswer> answers = worker.Handle(requests, callerGone);
            long answered = time.GetTimestamp();
            foreach (HandlerRequest request in requests)
                request.Times.Answered = answered;
            requests[0].Times.BatchSize = requests.Count;
            pauses.Reset();
            if (answers.Count == batch.Count)
                return answers;
            foreach (HandlerAnswer answer in answers)
                answer.Dispose();
            return Same(batch.Count, PredictionError.ModelFailed, $"The handler gave {answers.Count} answers to {batch.Count} requests.");
        }
        catch (OperationCanceledException)
        {
            return Same(batch.Count, PredictionError.ClientGone, "the client has gone away");
        }
        catch (WorkerDiedException failure)
        {
            // It could be asked, so it is not one that dies of itself as soon as it is started: no pause before the next.
            pauses.Reset();
            reason = FailureText.InOneLine(failure);
            EngineLog.WorkerDied(logger, version.Name, version.Version, reason);
            return Same(batch.Count, PredictionError.WorkerDied, failure.Message);
        }
        catch (TorchException failure)
        {
            return Same(batch.Count, HandlerAnswer.Failure(failure.OutOfMemory ? PredictionError.OutOfMemory : PredictionError.ModelFailed, failure.Message, device: failure.Exhausted?.ToString()));
        }
        catch (OutOfMemoryException failure)
        {
            return Same(batch.Count, PredictionError.OutOfMemory, failure.ToString());
        }
        catch (Exception failure)
        {
            return Same(batch.Count, PredictionError.ModelFailed, failure.ToString());
        }
    }

    private static bool IsFailure(HandlerAnswer answer) => answer.Error is PredictionError.ModelFailed or PredictionError.OutOfMemory;

    private static HandlerAnswer[] Same(int count, PredictionError error, string message) => Same(count, HandlerAnswer.Failure(error, message));

    private static HandlerAnswer[] Same(int count, HandlerAnswer failure)
    {
        HandlerAnswer[] answers = new HandlerAnswer[count];
        Array.Fill(answers, failure);
        return answers;
    }
}
