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
        string.Join(' ', Places(5, Options(deviceType), ThreeGpus[..(gpus + 1)])).ShouldBe(expected);

    [Fact]
    public void For_DeviceIds_UsesOnlyThose() => Places(3, Options(null, 2, 0), ThreeGpus).ShouldBe([Gpu(2), Gpu(0), Gpu(2)]);

    [Fact]
    public void DevicesFor_FewerGpusAllowed_UsesTheFirst()
    {
        new DevicePlan(ThreeGpus, gpuLimit: 2).DevicesFor(Options(null)).ShouldBe([Gpu(0), Gpu(1)]);
        new DevicePlan(ThreeGpus, gpuLimit: 0).DevicesFor(Options(null)).ShouldBe([TorchDevice.Cpu]);
        Should.Throw<ModelLoadException>(() => new DevicePlan(ThreeGpus, gpuLimit: 1).DevicesFor(Options(null, 1))).Message
            .ShouldBe("deviceIds names GPU 1, but GPU 0 to 0 may be used");
    }

    [Fact]
    public void LeastUsed_AfterSomeWentAway_FillsTheGaps() =>
        DevicePlan.LeastUsed(ThreeGpus[1..], [Gpu(0), Gpu(2), Gpu(0)]).ShouldBe(Gpu(1));

    [Fact]
    public void For_GpuWithoutAny_SaysSo() =>
        Refusal(Options("gpu"), CpuOnly).ShouldBe("deviceType is gpu, but torch sees no GPU on this machine");

    [Fact]
    public void For_DeviceIdThatIsNotThere_NamesIt() =>
        Refusal(Options("gpu", 0, 7), ThreeGpus).ShouldBe("deviceIds names GPU 7, but GPU 0 to 2 may be used");

    [Theory]
    [InlineData("neuron")]
    [InlineData("GPU")]
    public void For_UnknownDeviceType_SaysWhatCanBe(string deviceType)
    {
        Refusal(Options(deviceType), CpuOnly).ShouldBe($"deviceType is '{deviceType}'; it can be cpu or gpu");
        Refusal(Options(deviceType), ThreeGpus).ShouldBe($"deviceType is '{deviceType}'; it can be cpu or gpu");
    }

    [Fact]
    public void ThreadsPerLane_AnyNumberOfLanes_NeverExceedsTheCores()
    {
        const int cores = 8;
        CoreShares shares = new(null, cores);
        for (int lanes = 1; lanes < 40; lanes++)
        {
            shares.Join();
            shares.ThreadsPerLane.ShouldBeGreaterThanOrEqualTo(1);
            if (lanes <= cores)
                (shares.ThreadsPerLane * lanes).ShouldBeLessThanOrEqualTo(cores);
        }

        for (int lanes = 39; lanes > 2; lanes--)
            shares.Leave();
        shares.ThreadsPerLane.ShouldBe(4);
    }

    [Fact]
    public void ThreadsPerLane_Chosen_IsThat()
    {
        CoreShares shares = new(3, 8);
        shares.Join();
        shares.Join();
        shares.ThreadsPerLane.ShouldBe(3);
    }

    private static IEnumerable<TorchDevice> Places(int workers, ModelOptions options, TorchDevice[] devices)
    {
        TorchDevice[] usable = new DevicePlan(devices).DevicesFor(options);
        List<TorchDevice> taken = [];
        for (int i = 0; i < workers; i++)
            taken.Add(DevicePlan.LeastUsed(usable, taken));
        return taken;
    }

    private static TorchDevice Gpu(int index) => new(TorchDeviceType.Cuda, index);

    private static ModelOptions Options(string? deviceType, params int[] deviceIds) => ModelOptions.Resolve(
        new ModelConfig { Url = "m.mar", ArchivePath = "/m.mar" },
        new ModelConfigFile { DeviceType = deviceType, DeviceIds = deviceIds },
        new ModelDefaults());

    private static string Refusal(ModelOptions options, TorchDevice[] devices) =>
        Should.Throw<ModelLoadException>(() => new DevicePlan(devices).DevicesFor(options)).Message;
}
