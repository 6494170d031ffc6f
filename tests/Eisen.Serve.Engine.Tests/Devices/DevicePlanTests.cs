using Eisen.Serve.Archive;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine.Tests.Devices;

public sealed class DevicePlanTests
{
    private static readonly TorchDevice[] CpuOnly = [TorchDevice.Cpu];
    private static readonly TorchDevice[] ThreeGpus = [TorchDevice.Cpu, Gpu(0), Gpu(1), Gpu(2)];

    [Theory]
    [InlineData(null, 3, "cuda:0 cuda:1 cuda:2 cuda:0 cuda:1")]
    [InlineData("gpu", 3, "cuda:0 cuda:1 cuda:2 cuda:0 cuda:1")]
    [InlineData("cpu", 3, "cpu cpu cpu cpu cpu")]
    [InlineData(null, 0, "cpu cpu cpu cpu cpu")]
    [InlineData("cpu", 0, "cpu cpu cpu cpu cpu")]
    public void For_FiveWorkers_TakesTurns(string? deviceType, int gpus, string expected) =>
        string.Join(' ', DevicePlan.For(Options(5, deviceType), ThreeGpus[..(gpus + 1)])).ShouldBe(expected);

    [Fact]
    public void For_DeviceIds_UsesOnlyThose() => DevicePlan.For(Options(3, null, 2, 0), ThreeGpus).ShouldBe([Gpu(2), Gpu(0), Gpu(2)]);

    [Fact]
    public void For_NoWorkers_IsEmpty() => DevicePlan.For(Options(0, null), ThreeGpus).ShouldBeEmpty();

    [Fact]
    public void For_GpuWithoutAny_SaysSo() =>
        Refusal(Options(1, "gpu"), CpuOnly).ShouldBe("deviceType is gpu, but torch sees no GPU on this machine");

    [Fact]
    public void For_DeviceIdThatIsNotThere_NamesIt() =>
        Refusal(Options(1, "gpu", 0, 7), ThreeGpus).ShouldBe("deviceIds names GPU 7, but torch sees GPU 0 to 2");

    [Theory]
    [InlineData("neuron")]
    [InlineData("GPU")]
    public void For_UnknownDeviceType_SaysWhatCanBe(string deviceType)
    {
        Refusal(Options(1, deviceType), CpuOnly).ShouldBe($"deviceType is '{deviceType}'; it can be cpu or gpu");
        Refusal(Options(1, deviceType), ThreeGpus).ShouldBe($"deviceType is '{deviceType}'; it can be cpu or gpu");
    }

    [Fact]
    public void IntraOpThreads_AnyNumberOfWorkers_NeverExceedsTheCores()
    {
        for (int workers = 0; workers < 200; workers++)
        {
            int threads = DevicePlan.IntraOpThreads(workers);
            threads.ShouldBeGreaterThanOrEqualTo(1);
            if (workers is > 0 && workers <= PhysicalCores.Count)
                (threads * workers).ShouldBeLessThanOrEqualTo(PhysicalCores.Count);
        }
    }

    private static TorchDevice Gpu(int index) => new(TorchDeviceType.Cuda, index);

    private static ModelOptions Options(int workers, string? deviceType, params int[] deviceIds) => ModelOptions.Resolve(
        new ModelConfig { Url = "m.mar", ArchivePath = "/m.mar", Workers = workers },
        new ModelConfigFile { DeviceType = deviceType, DeviceIds = deviceIds },
        new ModelDefaults());

    private static string Refusal(ModelOptions options, TorchDevice[] devices) =>
        Should.Throw<ModelLoadException>(() => DevicePlan.For(options, devices)).Message;
}
