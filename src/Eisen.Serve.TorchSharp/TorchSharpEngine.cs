using System.Reflection;
using Eisen.Serve.Torch;
using Eisen.Serve.TorchSharp.Scripts;
using TorchSharp;

namespace Eisen.Serve.TorchSharp;

/// <summary>
/// The engine over the TorchSharp package, for machines where there is no libtorch to build a binding against. It takes tensors,
/// numbers, truth values and lists of tensors, and gives those and tuples; strings and dictionaries it refuses.
/// </summary>
public sealed class TorchSharpEngine : ITorchEngine
{
    // The native libraries, and the number of threads between operators, belong to the process: both are set up once. Lanes are the
    // parallelism between operators; a thread pool beside them would take their cores. Setting it a second time aborts the process.
    private static readonly Lazy<OperatorRegistry?> Process = new(() =>
    {
        OperatorRegistry? operators = NativeLibraries.Load();
        torch.set_num_interop_threads(1);
        return operators;
    });

    private readonly OperatorRegistry? operators;

    /// <summary>Loads libtorch and finds the devices.</summary>
    /// <exception cref="TorchException">A native library is missing or cannot be loaded.</exception>
    public TorchSharpEngine()
    {
        // The first touch of torch loads its native library, and when that fails torch is broken for the life of the process:
        // they are loaded, and checked, beforehand.
        operators = Process.Value;
        int gpus = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        Devices = [TorchDevice.Cpu, .. Enumerable.Range(0, gpus).Select(index => new TorchDevice(TorchDeviceType.Cuda, index))];
        string package = typeof(torch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
        Version = $"{LibTorchVersion} (TorchSharp {package})";
    }

    /// <inheritdoc/>
    public string Name => "torchsharp";

    /// <inheritdoc/>
    public string Version { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TorchDevice> Devices { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => [];

    private static string LibTorchVersion => string.Join('.', torch.__version__.Split('.').Take(3));

    /// <inheritdoc/>
    public void SetIntraOpThreads(int count)
    {
        // Zero or less aborts the process.
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        torch.set_num_threads(count);
    }

    /// <inheritdoc/>
    public IScriptModule Load(string path, TorchDevice device)
    {
        if (!Devices.Contains(device))
            throw new TorchException($"There is no device {device} here; there is {string.Join(", ", Devices)}.");

        ScriptArchive archive = ScriptArchive.Read(path);
        RefuseUnknownOperators(path, archive);
        return TorchFailure.Translated(() =>
        {
            // On the device at once: moving a loaded module back to the CPU changes nothing.
            torch.jit.ScriptModule module = torch.jit.load(path, device.Type == TorchDeviceType.Cuda ? DeviceType.CUDA : DeviceType.CPU, device.Type == TorchDeviceType.Cuda ? device.Index : -1);
            module.eval();
            return new TorchSharpModule(module, archive, device);
        }, device);
    }

    // For an operator that it does not have, libtorch throws an exception of a type that TorchSharp does not catch, which aborts
    // the process. The same holds for one that has other arguments now; that cannot be seen beforehand.
    private void RefuseUnknownOperators(string path, ScriptArchive archive)
    {
        if (operators is null)
            return;
        string[] unknown = [.. archive.Operators.Where(name => !operators.Has(name))];
        if (unknown.Length > 0)
        {
            throw new TorchException(
                $"{Path.GetFileName(path)} calls {string.Join(", ", unknown)}, which libtorch {LibTorchVersion} does not have: it needs another version, or a library of operators. "
                + $"The file has format version {archive.FormatVersion}.");
        }
    }
}
