using System.Reflection;
using System.Runtime.InteropServices;
using Eisen.Serve.Data;
using Eisen.Serve.Torch;
using Eisen.Serve.TorchSharp.Scripts;
using Eisen.Serve.TorchSharp.Values;
using TorchSharp;

namespace Eisen.Serve.TorchSharp;

/// <summary>A module that TorchSharp loaded.</summary>
internal sealed class TorchSharpModule : IScriptModule
{
    // No type and no accessor reaches it: see Free.
    private static readonly FieldInfo NativeHandle = typeof(torch.nn.Module).GetField("handle", BindingFlags.Instance | BindingFlags.NonPublic)
        ?? throw new InvalidOperationException("This version of TorchSharp keeps a module's handle elsewhere. This is a bug.");

    private readonly torch.jit.ScriptModule module;
    private readonly ScriptArchive archive;
    private readonly UseCount use;

    public TorchSharpModule(torch.jit.ScriptModule module, ScriptArchive archive, TorchDevice device)
    {
        this.module = module;
        this.archive = archive;
        Device = device;
        use = new UseCount(Free);
    }

    public TorchDevice Device { get; }

    public ForwardResult Forward(params ReadOnlySpan<TorchValue> inputs)
    {
        use.Enter(this);
        try
        {
            // Before it runs: TorchSharp would leak what it has read of the answer when it comes upon what it cannot read.
            if (ResultReader.WhyNot(archive.ReturnType) is { } reason)
                throw new TorchException($"TorchSharp cannot give what forward returns, {archive.Description.ReturnType}: {reason}. The libtorch engine can (torch_engine=libtorch).");
            using Arguments arguments = new(inputs, archive.ArgumentTypes, Device);
            return TorchFailure.Translated(() => Run(arguments), Device);
        }
        finally
        {
            use.Exit();
        }
    }

    public ModuleDescription Describe()
    {
        ObjectDisposedException.ThrowIf(use.IsDisposed, this);
        return archive.Description;
    }

    public IScriptModule Optimize(ModuleOptimization kind)
    {
        ObjectDisposedException.ThrowIf(use.IsDisposed, this);
        throw new TorchException("TorchSharp can neither freeze nor optimize a module; one that was frozen before it was saved stays so.");
    }

    public void Dispose() => use.Dispose();

    private ForwardResult Run(Arguments arguments)
    {
        // Inference mode is the calling thread's, a lane's: nothing is awaited in it.
        using IDisposable inference = torch.inference_mode();
        return ResultReader.Read(module.forward(arguments.Objects), archive.ReturnType);
    }

    // ScriptModule.Dispose makes a module object for each submodule and for the root, and never frees the root's: the weights would
    // stay. Its tensors and its own handle alone let go of them.
    private void Free()
    {
        foreach (torch.Tensor tensor in module.parameters(false))
            tensor.Dispose();
        foreach (torch.Tensor tensor in module.buffers(false))
            tensor.Dispose();
        ((SafeHandle)NativeHandle.GetValue(module)!).Dispose();
        GC.SuppressFinalize(module);
    }
}
