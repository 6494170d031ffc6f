using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>Decides where a version's workers run.</summary>
/// <param name="devices">The engine's devices, of which CUDA_VISIBLE_DEVICES has hidden some already.</param>
/// <param name="gpuLimit">How many of the GPUs may be used (<c>number_of_gpu</c>); null for all.</param>
internal sealed class DevicePlan(IReadOnlyList<TorchDevice> devices, int? gpuLimit = null)
{
    private readonly TorchDevice[] gpus = [.. devices.Where(device => device.Type == TorchDeviceType.Cuda).Take(gpuLimit ?? int.MaxValue)];

    /// <summary>The device for one more worker: of those that the version may use, the first of those with the fewest, so
    /// that workers go round.</summary>
    public static TorchDevice LeastUsed(IReadOnlyList<TorchDevice> usable, IEnumerable<TorchDevice> taken)
    {
        ILookup<TorchDevice, TorchDevice> used = taken.ToLookup(device => device);
        return usable.MinBy(device => used[device].Count());
    }

    /// <summary>The devices that a version's workers may run on.</summary>
    /// <param name="options">The version's wishes.</param>
    /// <exception cref="ModelLoadException">It asks for a device that this machine has not.</exception>
    public TorchDevice[] DevicesFor(ModelOptions options)
    {
        if (options.DeviceType == "cpu" || (gpus.Length == 0 && options.DeviceType is null))
            return [TorchDevice.Cpu];
        if (options.DeviceType is not (null or "gpu"))
            throw new ModelLoadException($"deviceType is '{options.DeviceType}'; it can be cpu or gpu");
        if (gpus.Length == 0)
            throw new ModelLoadException("deviceType is gpu, but torch sees no GPU on this machine");
        if (options.DeviceIds.Count == 0)
            return gpus;

        foreach (int wanted in options.DeviceIds.Where(wanted => gpus.All(gpu => gpu.Index != wanted)))
            throw new ModelLoadException($"deviceIds names GPU {wanted}, but GPU 0 to {gpus.Length - 1} may be used");
        return [.. options.DeviceIds.Select(index => new TorchDevice(TorchDeviceType.Cuda, index))];
    }
}
