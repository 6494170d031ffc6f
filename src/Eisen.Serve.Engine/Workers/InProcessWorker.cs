using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>A handler and a module inside this process. Several workers share both: there is one copy of the weights a
/// device, whose owner is the version.</summary>
internal sealed class InProcessWorker : IModelWorker
{
    // TorchScript profiles the first runs, compiles the next, and then runs what it compiled.
    private const int WarmUpRuns = 3;

    // Above it a start would take long, and only so many requests ever come at the same moment.
    private const int LargestWarmUp = 32;

    private static readonly AnswerStatus NoExplanations = new(503);

    private readonly ITorchEngine engine;
    private readonly IModelHandler handler;
    private readonly Func<CancellationToken, DeviceModules> load;
    private readonly ModelOptions options;
    private readonly CoreShares cores;
    private readonly TimeProvider time;
    private DeviceModules? modules;
    private ObservedModule? model;
    private int threads;

    /// <summary>Makes a worker and counts it as one that uses cores, until it is disposed.</summary>
    /// <param name="engine">What the module runs on.</param>
    /// <param name="handler">What surrounds the module.</param>
    /// <param name="load">Gives the modules; the first worker on a device loads them.</param>
    /// <param name="options">How the version runs.</param>
    /// <param name="cores">The process's cores.</param>
    /// <param name="time">The clock.</param>
    public InProcessWorker(ITorchEngine engine, IModelHandler handler, Func<CancellationToken, DeviceModules> load, ModelOptions options, CoreShares cores, TimeProvider time)
    {
        this.engine = engine;
        this.handler = handler;
        this.load = load;
        this.options = options;
        this.cores = cores;
        this.time = time;
        cores.Join();
    }

    public void Load(CancellationToken cancellationToken)
    {
        UseThreads();
        modules = load(cancellationToken);
        model = new ObservedModule(modules.Model, time);
        foreach (int batchSize in WarmUpSizes(options.BatchSize))
            WarmUp(batchSize, cancellationToken);
    }

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, CancellationToken cancellationToken)
    {
        // The batch's requests are all of one kind.
        if (batch is [{ Kind: not RequestKind.Predict }, ..])
            return [.. batch.Select(request => AnswerTo(request.Kind))];
        UseThreads();
        model!.Restart();
        try
        {
            return handler.Handle(batch, model, modules!.Further, cancellationToken);
        }
        finally
        {
            foreach (HandlerRequest request in batch)
            {
                request.Times.ForwardBegan = model.Began;
                request.Times.ForwardEnded = model.Ended;
            }
        }
    }

    // The built-in handlers have nothing to tell of themselves.
    private static HandlerAnswer AnswerTo(RequestKind kind) => kind == RequestKind.Describe
        ? HandlerAnswer.Success("{}"u8.ToArray(), "application/json")
        : HandlerAnswer.Failure(PredictionError.HandlerRefused, "The model's handler gives no explanations; a Python handler with explain_handle can.", NoExplanations);

    // The version owns what this worker shares with others.
    public void Dispose() => cores.Leave();

    /// <summary>1, 2, 4 and so on up to the batch size: libtorch and oneDNN prepare themselves for sizes, and the ones
    /// between are near enough.</summary>
    internal static IEnumerable<int> WarmUpSizes(int batchSize)
    {
        int largest = Math.Min(batchSize, LargestWarmUp);
        for (int size = 1; size < largest; size *= 2)
            yield return size;
        yield return largest;
    }

    private void WarmUp(int batchSize, CancellationToken cancellationToken)
    {
        if (handler.ExampleInputs(batchSize) is not { } inputs)
            return;
        try
        {
            for (int run = 0; run < WarmUpRuns; run++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                modules!.Model.Forward(inputs).Dispose();
            }
        }
        catch (TorchException) when (handler.ExamplesAreGuessed)
        {
            // Real inputs are of another size: the first of them warm it up.
        }
        finally
        {
            Array.ForEach(inputs, ExampleInputs.Dispose);
        }
    }

    // The share changes when lanes come and go; libtorch keeps the number for each thread.
    private void UseThreads()
    {
        int share = options.IntraOpThreads ?? cores.ThreadsPerLane;
        if (share != threads)
            engine.SetIntraOpThreads(threads = share);
    }
}
