using System.Runtime.InteropServices;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>A loaded module. A call that is under way keeps it, so that closing it never pulls it away from a forward.</summary>
internal sealed class ModuleHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMethods.FreeModule(handle);
        return true;
    }
}
