using System.Runtime.InteropServices;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>
/// The engine over the project's own C binding (<c>native/</c>) to a libtorch of the system, or one that
/// <c>LIBTORCH</c> named when the binding was built.
/// </summary>
public sealed unsafe class LibTorchEngine : ITorchEngine
{
    /// <summary>Loads libtorch, finds the devices, and makes the settings that hold for the whole process.</summary>
    /// <exception cref="TorchException">The native library, or the libtorch that it was built against, cannot be
    /// loaded, or it has another ABI version than this assembly.</exception>
    public LibTorchEngine()
    {
        try
        {
            int abi = NativeMethods.GetAbiVersion();
            if (abi != NativeMethods.AbiVersion)
                throw new TorchException($"libeisen_torch has ABI version {abi}, but this program needs {NativeMethods.AbiVersion}: build the project again.");
        }
        catch (Exception failure) when (failure is DllNotFoundException or EntryPointNotFoundException)
        {
            bool isBuilt = File.Exists(Path.Combine(AppContext.BaseDirectory, NativeMethods.FileName));
            throw new TorchException(isBuilt
                ? $"libtorch cannot be loaded: {failure.Message.ReplaceLineEndings(" ")}"
                : $"libtorch is not in this build: {NativeMethods.FileName} is not beside the program.")
            {
                IsNotLoaded = failure is DllNotFoundException,
            };
        }

        Version = Marshal.PtrToStringUTF8((nint)NativeMethods.GetTorchVersion())!;
        NativeMethods.ThrowIfFailed(NativeMethods.GetCudaDeviceCount(out int cudaDevices));
        Devices = [TorchDevice.Cpu, .. Enumerable.Range(0, cudaDevices).Select(index => new TorchDevice(TorchDeviceType.Cuda, index))];

        // Lanes are the parallelism between operators; a thread pool beside them would only take their cores.
        NativeMethods.ThrowIfFailed(NativeMethods.SetInterOpThreads(1));
        Warnings = BlasWarning.ForThisProcess() is string warning ? [warning] : [];
    }

    /// <inheritdoc/>
    public string Name => "libtorch";

    /// <inheritdoc/>
    public string Version { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TorchDevice> Devices { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings { get; }

    /// <inheritdoc/>
    public void SetIntraOpThreads(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        NativeMethods.ThrowIfFailed(NativeMethods.SetIntraOpThreads(count));
    }

    /// <inheritdoc/>
    public IScriptModule Load(string path, TorchDevice device)
    {
        try
        {
            return LoadOnce(path, device);
        }
        catch (TorchException failure) when (TorchVisionOperators.AreMissing(failure))
        {
            TorchVisionOperators.Load(failure);
            return LoadOnce(path, device);
        }
    }

    private static LibTorchModule LoadOnce(string path, TorchDevice device)
    {
        int status = NativeMethods.LoadModule(path, device.Type, device.Index, out ModuleHandle module);
        try
        {
            NativeMethods.ThrowIfFailed(status, device);
            return new LibTorchModule(module, device);
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }
}
