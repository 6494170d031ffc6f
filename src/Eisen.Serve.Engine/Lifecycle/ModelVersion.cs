using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Engine;

/// <summary>
/// A version of a model, loaded or on its way: what it was made from, its queue, its lanes and its status. Requests that
/// were admitted before it is unloaded are answered before anything is taken away.
/// </summary>
public sealed class ModelVersion
{
    private readonly InferenceQueue queue;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private volatile Lane[] lanes = [];
    private bool released;

    internal ModelVersion(LoadedArchive archive, TimeProvider time, ILogger logger)
    {
        Archive = archive;
        this.time = time;
        this.logger = logger;
        queue = new InferenceQueue(archive.Options.JobQueueSize);
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

    /// <summary>Its workers.</summary>
    public IReadOnlyList<WorkerStatus> Workers => Array.ConvertAll(lanes, lane => lane.Status);

    /// <summary>How many requests wait.</summary>
    public int PendingRequests => queue.Count;

    /// <summary>How many more requests could wait.</summary>
    public int RemainingQueueCapacity => queue.Capacity - queue.Count;

    internal LoadedArchive Archive { get; }

    /// <summary>Asks the model. Never throws for what a client or a model may do: the answer says it.</summary>
    /// <param name="request">What the client sent.</param>
    /// <param name="callerGone">Cancelled when the client has gone away; its request then costs no forward.</param>
    public async Task<HandlerAnswer> PredictAsync(HandlerRequest request, CancellationToken callerGone)
    {
        if (Status.State != ModelState.Ready || lanes.Length == 0)
            return NoWorker();

        InferenceJob job = new(request, callerGone);
        switch (queue.TryAdd(job))
        {
            case InferenceQueue.Admission.Full:
                return HandlerAnswer.Failure(PredictionError.QueueFull, $"{queue.Capacity} requests wait for model {Name} already");
            case InferenceQueue.Admission.Closed:
                return NoWorker();
        }

        try
        {
            return await job.Answer.WaitAsync(Options.ResponseTimeout, time, callerGone);
        }
        catch (TimeoutException)
        {
            job.Abandon();
            return HandlerAnswer.Failure(PredictionError.DeadlineExceeded, $"model {Name} gave no answer within {Options.ResponseTimeout.TotalSeconds:0} s");
        }
        catch (OperationCanceledException)
        {
            return HandlerAnswer.Failure(PredictionError.ClientGone, "the client has gone away");
        }
    }

    /// <summary>Starts the lanes, and returns when all of them are ready.</summary>
    /// <param name="workers">A worker for each lane, with its device. They are the version's from here on.</param>
    /// <param name="cancellationToken">Stops the waiting; a worker that loads goes on until it notices.</param>
    /// <exception cref="Exception">A worker could not be loaded, or not in time.</exception>
    internal async Task StartAsync(IEnumerable<(IModelWorker Worker, TorchDevice Device)> workers, CancellationToken cancellationToken)
    {
        lanes = [.. workers.Select(each => new Lane(this, queue, each.Worker, each.Device, time, logger))];
        foreach (Lane lane in lanes)
            lane.Start();
        try
        {
            await Task.WhenAll(lanes.Select(lane => lane.Loaded)).WaitAsync(Options.StartupTimeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new ModelLoadException($"its workers were not ready within startupTimeout, {Options.StartupTimeout.TotalSeconds:0} s");
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
        if (released)
            return;
        released = true;
        queue.Close();
        try
        {
            await Task.WhenAll(lanes.Select(lane => lane.Ended)).WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            EngineLog.WorkersLeftBehind(logger, Name, Version, lanes.Count(lane => !lane.Ended.IsCompleted), patience.TotalSeconds);
        }

        // What still waits would find no module; only then may that go.
        foreach (InferenceJob job in queue.Drain())
            job.Complete(NoWorker());
        Archive.Dispose();
    }

    private HandlerAnswer NoWorker() => HandlerAnswer.Failure(PredictionError.NoWorker, Status.State switch
    {
        ModelState.Loading => $"model {Name} {Version} is still loading",
        ModelState.Failed => $"model {Name} {Version} failed to load: {Status.Reason}",
        ModelState.Ready => $"model {Name} {Version} has no worker",
        _ => $"model {Name} {Version} is being unloaded",
    });
}
