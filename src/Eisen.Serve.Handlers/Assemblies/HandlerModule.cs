using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>A module as an archive's handler sees it.</summary>
internal sealed class HandlerModule(IScriptModule module) : IHandlerModule
{
    public string Device => module.Device.ToString();

    public ModuleOutput Forward(params ReadOnlySpan<TorchValue> inputs)
    {
        ForwardResult result = module.Forward(inputs);
        return new ModuleOutput(result.Value, result);
    }
}
