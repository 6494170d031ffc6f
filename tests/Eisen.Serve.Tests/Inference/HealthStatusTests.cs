using System.IO.Compression;
using Eisen.Serve.Engine;
using Eisen.Serve.Inference;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch.LibTorch;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eisen.Serve.Tests.Inference;

public sealed class HealthStatusTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ModelRegistry registry = new();

    // Four tries, the last one seven seconds after the first.
    private readonly ModelDefaults defaults = new() { MaxRetryTimeoutInSec = 7 };
    private readonly ManualTime time = new();
    private readonly ModelReconciler reconciler;

    public HealthStatusTests() => reconciler = new ModelReconciler(
        new LibTorchEngine(), registry, defaults, Path.Combine(folder.Path, "unpacked"), time, NullLogger<ModelReconciler>.Instance, []);

    [Fact]
    public async Task Of_ModelsComeAndGo_TellsHowManyWorkersAreReady()
    {
        HealthStatus.Of(registry).ShouldBe(new HealthStatus("Healthy"));
        HealthStatus.Of(registry, isStarting: true).ShouldBe(new HealthStatus("Unhealthy"), "a model may come");

        await LoadAsync("double");
        HealthStatus.Of(registry).ShouldBe(new HealthStatus("Healthy"));
        HealthStatus.Of(registry, isStarting: true).ShouldBe(new HealthStatus("Partial Healthy"), "another one may come");

        await LoadAsync("raises", "handler: {input_shape: [2]}\n");
        HealthStatus.Of(registry).ShouldBe(new HealthStatus("Healthy"), "it is tried again");
        using CancellationTokenSource tooLate = new(TimeSpan.FromSeconds(60));
        while (HealthStatus.Of(registry).Status == "Healthy")
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10, tooLate.Token);
        }

        HealthStatus.Of(registry).ShouldBe(new HealthStatus("Partial Healthy"));
        HealthStatus.Of(registry).IsServing.ShouldBeTrue();

        await reconciler.UnloadAsync(registry.Find("double")!.Default, TimeSpan.FromSeconds(60));
        HealthStatus.Of(registry).ShouldBe(new HealthStatus("Unhealthy"));
        HealthStatus.Of(registry).IsServing.ShouldBeFalse();

        await reconciler.UnloadAsync(registry.Find("raises")!.Default, TimeSpan.FromSeconds(60));
        HealthStatus.Of(registry).ShouldBe(new HealthStatus("Healthy"));
    }

    public void Dispose() => folder.Dispose();

    private async Task LoadAsync(string module, string config = "")
    {
        string path = Path.Combine(folder.Path, module + ".mar");
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            zip.CreateEntryFromFile(Fixtures.PathOf($"modules/{module}.pt"), "model.pt");
            await using (StreamWriter settings = new(zip.CreateEntry("model-config.yaml").Open()))
                settings.Write(config);
            await using StreamWriter manifest = new(zip.CreateEntry("MAR-INF/MANIFEST.json").Open());
            manifest.Write($$$"""{"model":{"modelName":"{{{module}}}","modelVersion":"1.0","serializedFile":"model.pt","handler":"base_handler","configFile":"model-config.yaml"}}""");
        }

        await reconciler.LoadAsync(new ModelConfig { Url = module + ".mar", ArchivePath = path, LoadedAtStartup = true }, CancellationToken.None);
    }
}
