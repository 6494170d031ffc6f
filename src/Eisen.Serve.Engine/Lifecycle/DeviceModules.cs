using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>What a version has loaded on one device, for all workers there.</summary>
/// <param name="Model">The model.</param>
/// <param name="Further">The modules that its handler runs beside it, in the handler's order.</param>
internal sealed record DeviceModules(IScriptModule Model, IReadOnlyList<IScriptModule> Further) : IDisposable
{
    public void Dispose()
    {
        Model.Dispose();
        foreach (IScriptModule module in Further)
            module.Dispose();
    }
}
