using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>A handler and a module inside this process. Several workers share both: there is one copy of the weights a
/// device, whose owner is the version.</summary>
internal sealed class InProcessWorker(ITorchEngine engine, IModelHandler handler, IScriptModule module, int intraOpThreads) : IModelWorker
{
    public void Load(CancellationToken cancellationToken)
    {
        engine.SetIntraOpThreads(intraOpThreads);
        handler.WarmUp(module);
    }

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, CancellationToken cancellationToken) =>
        handler.Handle(batch, module, cancellationToken);

    public void Dispose()
    {
        // The version owns what this worker shares.
    }
}
