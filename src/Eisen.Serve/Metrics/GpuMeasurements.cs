using System.Globalization;
using System.Runtime.InteropServices;

namespace Eisen.Serve.Metrics;

/// <summary>
/// What the machine's NVIDIA GPUs are doing, as NVML tells it: the library that comes with the driver, and that
/// <c>nvidia-smi</c> asks. GPUs have the numbers that they have there, whatever CUDA_VISIBLE_DEVICES says.
/// </summary>
internal sealed unsafe class GpuMeasurements : IDisposable
{
    /// <summary>NVML's file name on Linux.</summary>
    public const string LibraryName = "libnvidia-ml.so.1";

    // nvmlReturn_t: what was asked for went well.
    private const int Success = 0;
    private const double BytesPerMegabyte = 1 << 20;

    private readonly nint library;
    private readonly delegate* unmanaged<int> shutdown;
    private readonly delegate* unmanaged<uint, nint*, int> handleOf;
    private readonly delegate* unmanaged<nint, Utilization*, int> utilizationOf;
    private readonly delegate* unmanaged<nint, Memory*, int> memoryOf;
    private readonly uint count;

    private GpuMeasurements(nint library)
    {
        this.library = library;
        var initialize = (delegate* unmanaged<int>)NativeLibrary.GetExport(library, "nvmlInit_v2");
        var countAll = (delegate* unmanaged<uint*, int>)NativeLibrary.GetExport(library, "nvmlDeviceGetCount_v2");
        shutdown = (delegate* unmanaged<int>)NativeLibrary.GetExport(library, "nvmlShutdown");
        handleOf = (delegate* unmanaged<uint, nint*, int>)NativeLibrary.GetExport(library, "nvmlDeviceGetHandleByIndex_v2");
        utilizationOf = (delegate* unmanaged<nint, Utilization*, int>)NativeLibrary.GetExport(library, "nvmlDeviceGetUtilizationRates");
        memoryOf = (delegate* unmanaged<nint, Memory*, int>)NativeLibrary.GetExport(library, "nvmlDeviceGetMemoryInfo");
        uint found = 0;
        if (initialize() == Success && countAll(&found) == Success)
            count = found;
    }

    /// <summary>Opens NVML.</summary>
    /// <param name="name">The library's file name or path.</param>
    /// <returns>Null when it is not there: there is no NVIDIA driver.</returns>
    public static GpuMeasurements? Open(string name = LibraryName)
    {
        if (!NativeLibrary.TryLoad(name, out nint library))
            return null;
        try
        {
            return new GpuMeasurements(library);
        }
        catch (EntryPointNotFoundException)
        {
            // A driver older than what is asked for here: as good as none.
            NativeLibrary.Free(library);
            return null;
        }
    }

    /// <summary>Looks, and sets what is kept. What a GPU does not tell is left as it is.</summary>
    public void Update(TorchServeMetrics metrics)
    {
        for (uint i = 0; i < count; i++)
        {
            nint gpu;
            if (handleOf(i, &gpu) != Success)
                continue;
            string device = i.ToString(CultureInfo.InvariantCulture);
            Utilization utilization;
            if (utilizationOf(gpu, &utilization) == Success)
                metrics.Gpu("GPUUtilization", device)?.Set(utilization.Gpu);
            Memory memory;
            if (memoryOf(gpu, &memory) != Success || memory.Total == 0)
                continue;
            metrics.Gpu("GPUMemoryUsed", device)?.Set(Math.Round(memory.Used / BytesPerMegabyte, 1));
            metrics.Gpu("GPUMemoryUtilization", device)?.Set(Math.Round(100.0 * memory.Used / memory.Total, 1));
        }
    }

    public void Dispose()
    {
        _ = shutdown();
        NativeLibrary.Free(library);
    }

    /// <summary><c>nvmlUtilization_t</c>: percent of the time in which kernels ran, or memory was read or written.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Utilization
    {
        public uint Gpu;
        public uint Memory;
    }

    /// <summary><c>nvmlMemory_t</c>, in bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Memory
    {
        public ulong Total;
        public ulong Free;
        public ulong Used;
    }
}
