using System.Runtime.InteropServices;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>
/// What a forward returned, on the native side: the tensors and strings that its nodes point to. It is not finalized:
/// that could free a tensor while a span still reads it, so that a forgotten dispose is a leak, never a corruption.
/// </summary>
internal sealed class ResultHandle : SafeHandle
{
    private ArgumentBlock? arguments;

    public ResultHandle()
        : base(0, ownsHandle: true) => GC.SuppressFinalize(this);

    public override bool IsInvalid => handle == 0;

    /// <summary>Takes over the arguments, whose memory the result may share: they go when it does, and after it.</summary>
    public void Keep(ArgumentBlock block) => arguments = block;

    protected override bool ReleaseHandle()
    {
        NativeMethods.FreeResult(handle);
        arguments?.Dispose();
        return true;
    }
}
