using System.Runtime.InteropServices;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>One node of a tree in the binding's flat form: <c>eisen_value</c> in <c>native/eisen_torch.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeValue
{
    public NativeKind Kind;
    public int DType;
    public long Count;
    public long Integer;
    public double Real;
    public void* Data;
    public long Bytes;
    public long* Shape;
}
