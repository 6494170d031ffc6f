using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine.Tests.Devices;

/// <summary>Models on a machine with GPUs: where their workers are, and what happens when a GPU's memory does not suffice.</summary>
public sealed class GpuTests : IDisposable
{
    private readonly List<Models> all = [];

    public void Dispose() => all.ForEach(models => models.Dispose());

    [Theory]
    [InlineData("", 2, "cuda:0 cuda:0 cuda:1 cuda:1")]
    [InlineData("deviceType: cpu\n", 2, "cpu cpu cpu cpu")]
    [InlineData("deviceType: gpu\ndeviceIds: [1]\n", 2, "cuda:1 cuda:1 cuda:1 cuda:1")]
    [InlineData("", 0, "cpu cpu cpu cpu")]
    [InlineData("", 1, "cuda:0 cuda:0 cuda:0 cuda:0")]
    public async Task Load_FourWorkers_AreOnTheModelsDevices(string settings, int gpus, string expected)
    {
        Models models = On(new PretendedGpus(Models.SharedEngine, gpus));

        ModelVersion version = await models.LoadAsync(models.Pack("double", settings, workers: 4));

        string.Join(' ', version.Workers.Select(worker => worker.Device.ToString()).Order(StringComparer.Ordinal)).ShouldBe(expected);
        (await version.AskAsync("[2]")).Text().ShouldBe("[4.0]");
    }

    [Fact]
    public async Task Load_NumberOfGpuZero_IsOnTheCpu()
    {
        Models models = On(new PretendedGpus(Models.SharedEngine, 2), new ModelDefaults { GpuLimit = 0 });

        ModelVersion version = await models.LoadAsync(models.Pack("double", workers: 2));

        version.Workers.ShouldAllBe(worker => worker.Device == TorchDevice.Cpu);
    }

    [Fact]
    public async Task PredictAsync_MemoryOfTheGpuDoesNotSuffice_FailsThatRequestAndNamesTheGpu()
    {
        Models models = On(new PretendedGpus(Models.SharedEngine, 2) { Small = new TorchDevice(TorchDeviceType.Cuda, 1), MostElements = 3 });
        ModelVersion version = await models.LoadAsync(models.Pack("double", "deviceIds: [1]\n"));

        HandlerAnswer answer = await version.AskAsync("[1, 2, 3, 4]");

        answer.Error.ShouldBe(PredictionError.OutOfMemory);
        answer.Device.ShouldBe("cuda:1");
        (await version.AskAsync("[1, 2, 3]")).Text().ShouldBe("[2.0,4.0,6.0]");
        version.Workers.Single().State.ShouldBe(WorkerState.Ready);
    }

    private Models On(ITorchEngine engine, ModelDefaults? defaults = null)
    {
        Models models = new(engine, defaults: defaults);
        all.Add(models);
        return models;
    }
}
