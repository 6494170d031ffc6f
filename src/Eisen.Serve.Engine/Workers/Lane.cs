using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Engine;

/// <summary>
/// A worker's thread. It loads the worker, then takes what waits in the version's queue until that is closed and empty.
/// A batch that fails is answered as failed, and the lane goes on.
/// </summary>
internal sealed class Lane
{
    // TorchServe numbers its workers from 9000; scripts that read the ids expect nothing else of them.
    private static int lastId = 8999;

    private readonly ModelVersion version;
    private readonly InferenceQueue queue;
    private readonly IModelWorker worker;
    private readonly ILogger logger;
    private readonly Thread thread;
    private readonly TaskCompletionSource loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DateTimeOffset startTime;
    private readonly TorchDevice device;
    private readonly int id = Interlocked.Increment(ref lastId);
    private volatile WorkerState state = WorkerState.Loading;

    public Lane(ModelVersion version, InferenceQueue queue, IModelWorker worker, TorchDevice device, TimeProvider time, ILogger logger)
    {
        this.version = version;
        this.queue = queue;
        this.worker = worker;
        this.device = device;
        this.logger = logger;
        startTime = time.GetUtcNow();
        thread = new Thread(Run) { IsBackground = true, Name = $"lane {id} {version.Name}" };
    }

    /// <summary>Ends when the worker is ready, or with what kept it from it.</summary>
    public Task Loaded => loaded.Task;

    /// <summary>Ends with the thread.</summary>
    public Task Ended => ended.Task;

    public WorkerStatus Status => new(id, device, state, startTime);

    public void Start() => thread.Start();

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
            worker.Load(CancellationToken.None);
            state = WorkerState.Ready;
            loaded.SetResult();
            return true;
        }
        catch (Exception failure)
        {
            state = WorkerState.Failed;
            loaded.SetException(failure);
            return false;
        }
    }

    private void Serve()
    {
        int batchSize = version.Options.BatchSize;
        List<InferenceJob> batch = [];
        while (queue.Take(batch, batchSize))
            Answer(batch);
        state = WorkerState.Stopped;
    }

    private void Answer(List<InferenceJob> batch)
    {
        IReadOnlyList<HandlerAnswer> answers;
        try
        {
            CancellationToken callerGone = batch.Count == 1 ? batch[0].CallerGone : CancellationToken.None;
            answers = worker.Handle(batch.ConvertAll(job => job.Request), callerGone);
            if (answers.Count != batch.Count)
                throw new InvalidOperationException($"The handler gave {answers.Count} answers to {batch.Count} requests.");
        }
        catch (OperationCanceledException)
        {
            answers = Same(batch.Count, HandlerAnswer.Failure(PredictionError.ClientGone, "the client has gone away"));
        }
        catch (OutOfMemoryException failure)
        {
            answers = Same(batch.Count, HandlerAnswer.Failure(PredictionError.OutOfMemory, failure.ToString()));
        }
        catch (Exception failure)
        {
            answers = Same(batch.Count, HandlerAnswer.Failure(PredictionError.ModelFailed, failure.ToString()));
        }

        for (int i = 0; i < batch.Count; i++)
        {
            HandlerAnswer answer = answers[i];
            if (answer.Error is PredictionError.ModelFailed or PredictionError.OutOfMemory)
                EngineLog.PredictionFailed(logger, version.Name, version.Version, answer.Message);
            batch[i].Complete(answer);
        }
    }

    private static HandlerAnswer[] Same(int count, HandlerAnswer answer)
    {
        HandlerAnswer[] answers = new HandlerAnswer[count];
        Array.Fill(answers, answer);
        return answers;
    }
}
