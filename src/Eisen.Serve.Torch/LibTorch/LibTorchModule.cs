using Eisen.Serve.Data;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>A module that the libtorch binding loaded.</summary>
internal sealed unsafe class LibTorchModule(ModuleHandle module, TorchDevice device) : IScriptModule
{
    // Enough for a few tensors.
    private const int StackBytes = 512;

    public TorchDevice Device => device;

    public ForwardResult Forward(params ReadOnlySpan<TorchValue> inputs)
    {
        ObjectDisposedException.ThrowIf(module.IsClosed, this);
        using ArgumentBlock arguments = new(inputs, stackalloc byte[StackBytes]);
        PinnedTensors tensors = arguments.Tensors;
        NativeResult result;
        try
        {
            int status = NativeMethods.Forward(module, arguments.Values, arguments.ValueCount, inputs.Length, out nint pointer);
            NativeMethods.ThrowIfFailed(status, device);
            result = new NativeResult(pointer, tensors);
        }
        catch
        {
            tensors.Dispose();
            throw;
        }

        try
        {
            return new ForwardResult(ResultReader.Read(result), result);
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    public ModuleDescription Describe()
    {
        ObjectDisposedException.ThrowIf(module.IsClosed, this);
        int status = NativeMethods.DescribeModule(module, ModuleDescription.MostCodeBytes, out nint pointer);
        NativeMethods.ThrowIfFailed(status);
        using NativeResult result = new(pointer, arguments: default);
        return ResultReader.Read(result) is TorchValue.Tuple { Items: [TorchValue.List parameters, TorchValue.String type, TorchValue.String code, TorchValue.Int bytes] }
            ? new ModuleDescription([.. parameters.Items.Select(Parameter)], type.Text, code.Text, bytes.Number)
            : throw new InvalidOperationException("The binding described a module in another form. This is a bug.");
    }

    public IScriptModule Optimize(ModuleOptimization kind)
    {
        ObjectDisposedException.ThrowIf(module.IsClosed, this);
        int status = NativeMethods.OptimizeModule(module, kind, out ModuleHandle optimized);
        try
        {
            NativeMethods.ThrowIfFailed(status, device);
            return new LibTorchModule(optimized, device);
        }
        catch
        {
            optimized.Dispose();
            throw;
        }
    }

    public void Dispose() => module.Dispose();

    private static ModuleParameter Parameter(TorchValue described) =>
        described is TorchValue.Tuple { Items: [TorchValue.String name, TorchValue.String type, TorchValue.Bool hasDefault] }
            ? new ModuleParameter(name.Text, type.Text, hasDefault.Truth)
            : throw new InvalidOperationException("The binding described a parameter in another form. This is a bug.");
}
