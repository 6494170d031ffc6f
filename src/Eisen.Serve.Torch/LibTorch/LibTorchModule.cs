namespace Eisen.Serve.Torch.LibTorch;

/// <summary>A module that the libtorch binding loaded.</summary>
internal sealed unsafe class LibTorchModule(ModuleHandle module, TorchDevice device) : IScriptModule
{
    public TorchDevice Device => device;

    public ForwardResult Forward(params ReadOnlySpan<TorchValue> inputs)
    {
        ObjectDisposedException.ThrowIf(module.IsClosed, this);
        ArgumentBlock arguments = new(inputs);
        ResultHandle? result = null;
        try
        {
            int status = NativeMethods.Forward(module, arguments.Values, arguments.ValueCount, inputs.Length, out result);
            NativeMethods.ThrowIfFailed(status);
            result.Keep(arguments);
            return new ForwardResult(ResultReader.Read(result), result);
        }
        catch
        {
            result?.Dispose();
            arguments.Dispose();
            throw;
        }
    }

    public IScriptModule Optimize(ModuleOptimization kind)
    {
        ObjectDisposedException.ThrowIf(module.IsClosed, this);
        int status = NativeMethods.OptimizeModule(module, kind, out ModuleHandle optimized);
        try
        {
            NativeMethods.ThrowIfFailed(status);
            return new LibTorchModule(optimized, device);
        }
        catch
        {
            optimized.Dispose();
            throw;
        }
    }

    public void Dispose() => module.Dispose();
}
