using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>A handler and a module inside this process. Several workers share both: there is one copy of the weights a
/// device, whose owner is the version.</summary>
internal sealed class InProcessWorker : IModelWorker
{
    private static readonly AnswerStatus NoExplanations = new(503);

    private readonly ITorchEngine engine;
    private readonly IModelHandler handler;
    private readonly Func<CancellationToken, DeviceModules> load;
    private readonly ModelOptions options;
    private readonly CoreShares cores;
    private readonly TimeProvider time;
    private readonly Action? leave;
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
    /// <param name="leave">Told once that the worker uses the handler no more; null for nobody.</param>
    public InProcessWorker(ITorchEngine engine, IModelHandler handler, Func<CancellationToken, DeviceModules> load, ModelOptions options, CoreShares cores, TimeProvider time, Action? leave = null)
    {
        this.engine = engine;
        this.handler = handler;
        this.load = load;
        this.options = options;
        this.cores = cores;
        this.time = time;
        this.leave = leave;
        cores.Join();
    }

    public void Load(CancellationToken cancellationToken)
    {
        UseThreads();
        modules = load(cancellationToken);
        model = new ObservedModule(modules.Model, time);
        foreach (int batchSize in WarmUp.Sizes(options.BatchSize))
            WarmUp.Run(handler, modules.Model, batchSize, cancellationToken);
    }

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, CancellationToken cancellationToken)
    {
        // The batch's requests are all of one kind.
        if (batch is [{ Kind: RequestKind.Describe }, ..])
            return [.. batch.Select(_ => HandlerAnswer.Success("{}"u8.ToArray(), "application/json"))];
        UseThreads();
        model!.Restart();
        try
        {
            return batch is [{ Kind: RequestKind.Explain }, ..]
                ? ExplainEach(batch, cancellationToken)
                : handler.Handle(batch, model, modules!.Further, cancellationToken);
        }
        finally
        {
            for (int i = 0; i < batch.Count; i++)
            {
                batch[i].Times.ForwardBegan = model.Began;
                batch[i].Times.ForwardEnded = model.Ended;
            }
        }
    }

    private HandlerAnswer[] ExplainEach(IReadOnlyList<HandlerRequest> batch, CancellationToken cancellationToken) =>
        [.. batch.Select(request => Explain(request, cancellationToken))];

    private HandlerAnswer Explain(HandlerRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return handler.Explain(request, model!, modules!.Further, cancellationToken)
                ?? HandlerAnswer.Failure(PredictionError.HandlerRefused, "The model's handler gives no explanations; image_classifier, eisen, and Python handlers with explain_handle do.", NoExplanations);
        }
        catch (BadInputException mistake)
        {
            return HandlerAnswer.Failure(PredictionError.BadInput, mistake.Message);
        }
    }

    // The version owns what this worker shares with others.
    public void Dispose()
    {
        cores.Leave();
        leave?.Invoke();
    }

    // The share changes when lanes come and go; libtorch keeps the number for each thread.
    private void UseThreads()
    {
        int share = options.IntraOpThreads ?? cores.ThreadsPerLane;
        if (share != threads)
            engine.SetIntraOpThreads(threads = share);
    }
}
