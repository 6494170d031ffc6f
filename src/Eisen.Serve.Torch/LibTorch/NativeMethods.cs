using System.Runtime.InteropServices;
using System.Text;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>The functions of <c>native/eisen_torch.h</c>, one by one.</summary>
internal static unsafe partial class NativeMethods
{
    /// <summary>The ABI version that these declarations follow.</summary>
    public const int AbiVersion = 4;

    /// <summary>The binding's file, which lies beside the program.</summary>
    public const string FileName = $"lib{Library}.so";

    private const string Library = "eisen_torch";
    private const int OutOfMemory = 2;

    [LibraryImport(Library, EntryPoint = "eisen_abi_version")]
    public static partial int GetAbiVersion();

    [LibraryImport(Library, EntryPoint = "eisen_torch_version")]
    public static partial byte* GetTorchVersion();

    [LibraryImport(Library, EntryPoint = "eisen_cuda_device_count")]
    public static partial int GetCudaDeviceCount(out int count);

    [LibraryImport(Library, EntryPoint = "eisen_set_intra_op_threads")]
    public static partial int SetIntraOpThreads(int count);

    [LibraryImport(Library, EntryPoint = "eisen_set_inter_op_threads")]
    public static partial int SetInterOpThreads(int count);

    [LibraryImport(Library, EntryPoint = "eisen_module_load", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int LoadModule(string path, TorchDeviceType deviceType, int deviceIndex, out ModuleHandle module);

    [LibraryImport(Library, EntryPoint = "eisen_module_free")]
    public static partial void FreeModule(nint module);

    [LibraryImport(Library, EntryPoint = "eisen_module_optimize")]
    public static partial int OptimizeModule(ModuleHandle module, ModuleOptimization optimization, out ModuleHandle optimized);

    [LibraryImport(Library, EntryPoint = "eisen_module_describe")]
    public static partial int DescribeModule(ModuleHandle module, long mostCodeBytes, out nint result);

    [LibraryImport(Library, EntryPoint = "eisen_module_forward")]
    public static partial int Forward(ModuleHandle module, NativeValue* values, long valueCount, long argumentCount, out nint result);

    [SuppressGCTransition] // it reads two fields
    [LibraryImport(Library, EntryPoint = "eisen_result_values")]
    public static partial void GetResultValues(nint result, out NativeValue* values, out long valueCount);

    [LibraryImport(Library, EntryPoint = "eisen_result_free")]
    public static partial void FreeResult(nint result);

    [LibraryImport(Library, EntryPoint = "eisen_last_error")]
    private static partial byte* GetLastError(out long length);

    /// <summary>Throws the calling thread's last native failure, unless the status says that there was none.</summary>
    /// <param name="status">What the function returned.</param>
    /// <param name="device">The device that it worked on.</param>
    public static void ThrowIfFailed(int status, TorchDevice device = default)
    {
        if (status == 0)
            return;

        byte* text = GetLastError(out long length);
        string message = Encoding.UTF8.GetString(text, checked((int)length));
        throw new TorchException(message.Length > 0 ? message : "libtorch failed and gave no reason.", status == OutOfMemory ? device : null);
    }
}
