using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine.Tests.Workers;

public sealed class InProcessWorkerTests
{
    private readonly CountingEngine engine = new();
    private readonly CountingModule module = new();
    private readonly EchoHandler handler = new();

    [Fact]
    public void Load_BatchSize_RunsEachSizeUntilItIsCompiled()
    {
        using InProcessWorker worker = Create(new CoreShares(null, 8), batchSize: 4);

        worker.Load(CancellationToken.None);

        module.Batches.ShouldBe([1, 1, 1, 2, 2, 2, 4, 4, 4]);
        handler.Examples.ShouldAllBe(example => example.IsDisposed);
        module.ResultsDisposed.ShouldBe(9);
    }

    [Fact]
    public void Load_NoExample_RunsNothing()
    {
        handler.HasExample = false;
        using InProcessWorker worker = Create(new CoreShares(null, 8), batchSize: 4);

        worker.Load(CancellationToken.None);

        module.Batches.ShouldBeEmpty();
    }

    [Fact]
    public void Load_RetiredMeanwhile_StopsBetweenTwoRuns()
    {
        using CancellationTokenSource retired = new();
        module.OnForward = () => retired.Cancel();
        using InProcessWorker worker = Create(new CoreShares(null, 8), batchSize: 4);

        Should.Throw<OperationCanceledException>(() => worker.Load(retired.Token));

        module.Batches.ShouldBe([1]);
        handler.Examples.Single().IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public void Handle_LanesComeAndGo_UsesItsShareOfTheCores()
    {
        CoreShares cores = new(null, 8);
        using InProcessWorker worker = Create(cores);
        worker.Load(CancellationToken.None);
        engine.Threads.ShouldBe([8]);

        worker.Handle([], CancellationToken.None);
        engine.Threads.ShouldBe([8], "what is set already is not set again");
        InProcessWorker second = Create(cores);
        InProcessWorker third = Create(cores);
        worker.Handle([], CancellationToken.None);
        engine.Threads.ShouldBe([8, 2]);
        third.Dispose();
        worker.Handle([], CancellationToken.None);
        engine.Threads.ShouldBe([8, 2, 4]);
        second.Dispose();
        worker.Handle([], CancellationToken.None);
        engine.Threads.ShouldBe([8, 2, 4, 8]);
    }

    [Fact]
    public void Load_OtherLanesThere_SetsItsShareBeforeTheModuleIsLoaded()
    {
        CoreShares cores = new(null, 6);
        using InProcessWorker first = Create(cores);
        using InProcessWorker second = new(engine, handler, Load, Options(), cores, TimeProvider.System);

        second.Load(CancellationToken.None);

        DeviceModules Load(CancellationToken cancellationToken)
        {
            // What is measured when the module is optimized depends on it.
            engine.Threads.ShouldBe([3]);
            return new DeviceModules(module, []);
        }
    }

    [Fact]
    public void Handle_ThreadsOfTheModelsOwn_AreThoseWhateverTheLanes()
    {
        CoreShares cores = new(3, 8);
        using InProcessWorker own = Create(cores, threads: 5);
        using InProcessWorker chosen = Create(cores);

        own.Load(CancellationToken.None);
        own.Handle([], CancellationToken.None);
        engine.Threads.ShouldBe([5]);
        chosen.Load(CancellationToken.None);
        engine.Threads.ShouldBe([5, 3]);
    }

    private InProcessWorker Create(CoreShares cores, int batchSize = 1, int? threads = null) =>
        new(engine, handler, _ => new DeviceModules(module, []), Options(batchSize, threads), cores, TimeProvider.System);

    private static ModelOptions Options(int batchSize = 1, int? threads = null) =>
        ModelOptions.Resolve(new ModelConfig { Url = "m.mar", ArchivePath = "/m.mar", BatchSize = batchSize }, null, new ModelDefaults()) with { IntraOpThreads = threads };

    private sealed class CountingEngine : ITorchEngine
    {
        public List<int> Threads { get; } = [];

        public string Name => "counting";

        public string Version => "1";

        public IReadOnlyList<TorchDevice> Devices => [TorchDevice.Cpu];

        public IReadOnlyList<string> Warnings => [];

        public void SetIntraOpThreads(int count) => Threads.Add(count);

        public IScriptModule Load(string path, TorchDevice device) => throw new NotSupportedException();
    }

    private sealed class CountingModule : IScriptModule
    {
        public List<long> Batches { get; } = [];

        public int ResultsDisposed { get; private set; }

        public Action? OnForward { get; set; }

        public TorchDevice Device => TorchDevice.Cpu;

        public ForwardResult Forward(params ReadOnlySpan<TorchValue> inputs)
        {
            Batches.Add(((TorchValue.Tensor)inputs[0]).Array.Shape[0]);
            OnForward?.Invoke();
            return new ForwardResult(TorchValue.None.Instance, new Memory(() => ResultsDisposed++));
        }

        public ModuleDescription Describe() => throw new NotSupportedException();

        public IScriptModule Optimize(ModuleOptimization kind) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }

    private sealed class EchoHandler : IModelHandler
    {
        public bool HasExample { get; set; } = true;

        public List<Memory> Examples { get; } = [];

        public TorchValue[]? ExampleInputs(int batchSize)
        {
            if (!HasExample)
                return null;
            Examples.Add(new Memory(() => { }));
            return [new TorchValue.Tensor(NDArray.Wrap(DType.UInt8, [batchSize], new byte[batchSize], Examples[^1]))];
        }

        public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken) => [];
    }

    private sealed class Memory(Action onDispose) : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose()
        {
            IsDisposed = true;
            onDispose();
        }
    }
}
