using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>Decides where a version's workers run, and with how many threads.</summary>
internal static class DevicePlan
{
    /// <summary>The device of each of a version's workers: round-robin over those that it may use.</summary>
    /// <param name="options">The version's wishes.</param>
    /// <param name="devices">The engine's devices.</param>
    /// <exception cref="ModelLoadException">It asks for a device that this machine has not.</exception>
    public static TorchDevice[] For(ModelOptions options, IReadOnlyList<TorchDevice> devices)
    {
        TorchDevice[] usable = UsableBy(options, devices);
        return [.. Enumerable.Range(0, options.MinWorkers).Select(worker => usable[worker % usable.Length])];
    }

    /// <summary>
    /// How many threads one operator may use, so that the version's lanes together use no more than the physical cores.
    /// </summary>
    public static int IntraOpThreads(int workers) => Math.Max(1, PhysicalCores.Count / Math.Max(1, workers));

    private static TorchDevice[] UsableBy(ModelOptions options, IReadOnlyList<TorchDevice> devices)
    {
        TorchDevice[] gpus = [.. devices.Where(device => device.Type == TorchDeviceType.Cuda)];
        if (options.DeviceType == "cpu" || (gpus.Length == 0 && options.DeviceType is null))
            return [TorchDevice.Cpu];
        if (options.DeviceType is not (null or "gpu"))
            throw new ModelLoadException($"deviceType is '{options.DeviceType}'; it can be cpu or gpu");
        if (gpus.Length == 0)
            throw new ModelLoadException("deviceType is gpu, but torch sees no GPU on this machine");
        if (options.DeviceIds.Count == 0)
            return gpus;

        foreach (int wanted in options.DeviceIds.Where(wanted => gpus.All(gpu => gpu.Index != wanted)))
            throw new ModelLoadException($"deviceIds names GPU {wanted}, but torch sees GPU 0 to {gpus.Length - 1}");
        return [.. options.DeviceIds.Select(index => new TorchDevice(TorchDeviceType.Cuda, index))];
    }
}
