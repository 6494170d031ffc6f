using System.Diagnostics;
using Eisen.Serve.Configuration;
using Eisen.Serve.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eisen.Serve.Tests.Metrics;

/// <summary>The gauges of GPUs, from a library with NVML's functions that tells of two GPUs, of which the second does not tell how
/// busy it is.</summary>
public sealed class GpuMeasurementsTests : IDisposable
{
    private const string TwoGpus = """
        #include <stdint.h>
        typedef struct { unsigned gpu, memory; } rates;
        typedef struct { unsigned long long total, free, used; } memory;
        static int is_open;
        int nvmlInit_v2(void) { is_open = 1; return 0; }
        int nvmlShutdown(void) { is_open = 0; return 0; }
        int nvmlDeviceGetCount_v2(unsigned* count) { *count = 2; return is_open ? 0 : 1; }
        int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) { *device = (void*)(uintptr_t)(index + 1); return 0; }
        int nvmlDeviceGetUtilizationRates(void* device, rates* told) {
            told->gpu = 37; told->memory = 99;
            return device == (void*)1 ? 0 : 3;
        }
        int nvmlDeviceGetMemoryInfo(void* device, memory* told) {
            told->total = 80ull << 30; told->used = (10ull * (uintptr_t)device) << 30; told->free = told->total - told->used;
            return 0;
        }
        """;

    private readonly TemporaryFolder folder = new();
    private readonly TorchServeMetrics metrics = new(new MetricsSettings { Mode = MetricsMode.Prometheus }, new MetricsLog(NullLoggerFactory.Instance, TimeProvider.System));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Update_TwoGpus_SetsWhatEachTells()
    {
        using GpuMeasurements gpus = GpuMeasurements.Open(Compile(TwoGpus)).ShouldNotBeNull();

        gpus.Update(metrics);

        Values("GPUUtilization").ShouldBe(["0: 37"]);
        Values("GPUMemoryUsed").ShouldBe(["0: 10240", "1: 20480"]);
        Values("GPUMemoryUtilization").ShouldBe(["0: 12.5", "1: 25"]);
    }

    [Fact]
    public void Update_NvmlWithoutItsDriver_SetsNothing()
    {
        string silent = TwoGpus.Replace("is_open = 1; return 0;", "return 9;", StringComparison.Ordinal);
        using GpuMeasurements gpus = GpuMeasurements.Open(Compile(silent)).ShouldNotBeNull();

        gpus.Update(metrics);

        Values("GPUUtilization").ShouldBeEmpty();
        Values("GPUMemoryUsed").ShouldBeEmpty();
    }

    [Fact]
    public void Open_LibraryWithoutTheFunctions_IsNull() => GpuMeasurements.Open(Compile("int nvmlInit(void) { return 0; }")).ShouldBeNull();

    [Fact]
    public void Open_NoLibrary_IsNull() => GpuMeasurements.Open(Path.Combine(folder.Path, "libnvidia-ml.so.1")).ShouldBeNull();

    private string[] Values(string name) =>
        [.. metrics.Shown.Single(family => family.Name == name).Cells.Select(cell => FormattableString.Invariant($"{cell.Values[1]}: {cell.Value}")).Order(StringComparer.Ordinal)];

    private string Compile(string source)
    {
        string code = Path.Combine(folder.Path, "nvml.c");
        string library = Path.Combine(folder.Path, $"libnvml-{Guid.NewGuid():N}.so");
        File.WriteAllText(code, source);
        using Process compiler = Process.Start("gcc", ["-shared", "-fPIC", "-o", library, code]);
        compiler.WaitForExit();
        compiler.ExitCode.ShouldBe(0);
        return library;
    }
}
