using Eisen.Serve.Archive;

namespace Eisen.Serve.Engine.Tests.Registration;

public sealed class ModelOptionsTests
{
    private static readonly ModelDefaults Defaults = new()
    {
        Workers = 7,
        JobQueueSize = 70,
        ResponseTimeout = TimeSpan.FromSeconds(700),
        StartupTimeout = TimeSpan.FromSeconds(701),
        MaxRetryTimeoutInSec = 702,
        IntraOpThreads = 703,
    };

    [Fact]
    public void Resolve_NothingSaid_TakesTheDefaults()
    {
        ModelOptions options = ModelOptions.Resolve(Asked(null), null, Defaults);

        options.MinWorkers.ShouldBe(7);
        options.MaxWorkers.ShouldBe(7);
        options.BatchSize.ShouldBe(1);
        options.MaxBatchDelay.ShouldBe(TimeSpan.FromMilliseconds(100));
        options.ResponseTimeout.ShouldBe(TimeSpan.FromSeconds(700));
        options.StartupTimeout.ShouldBe(TimeSpan.FromSeconds(701));
        options.JobQueueSize.ShouldBe(70);
        options.MaxRetryTimeoutInSec.ShouldBe(702);
        options.IntraOpThreads.ShouldBeNull("those of the defaults are for all lanes together to share");
        options.Optimize.ShouldBeTrue();
        options.DeviceType.ShouldBeNull();
        options.DeviceIds.ShouldBeEmpty();
    }

    [Fact]
    public void Resolve_ConfiguredByTheServer_WinsOverTheDefaultsAlone()
    {
        ModelParameters configured = new() { MinWorkers = 2, MaxWorkers = 3, BatchSize = 4, MaxBatchDelay = 5, ResponseTimeout = 6, StartupTimeout = 8 };

        ModelOptions options = ModelOptions.Resolve(Asked(null), new ModelConfigFile(), Defaults, configured: configured);
        (options.MinWorkers, options.MaxWorkers, options.BatchSize, options.MaxBatchDelay.TotalMilliseconds, options.ResponseTimeout.TotalSeconds, options.StartupTimeout.TotalSeconds)
            .ShouldBe((2, 3, 4, 5, 6, 8));

        options = ModelOptions.Resolve(Asked(null), new ModelConfigFile { MinWorkers = 1, BatchSize = 9 }, Defaults, configured: configured);
        (options.MinWorkers, options.MaxWorkers, options.BatchSize).ShouldBe((1, 1, 9));
    }

    [Fact]
    public void Resolve_AskedForARange_HasIt()
    {
        ModelOptions options = ModelOptions.Resolve(Asked(2) with { MaxWorkers = 5 }, new ModelConfigFile { MaxWorkers = 9 }, Defaults);

        (options.MinWorkers, options.MaxWorkers).ShouldBe((2, 5));
    }

    [Fact]
    public void Resolve_OptimizingSwitchedOff_IsOff() => ModelOptions.Resolve(Asked(null), new ModelConfigFile(), Defaults with { Optimize = false }).Optimize.ShouldBeFalse();

    [Fact]
    public void Resolve_ArchiveSays_WinsOverTheDefaults()
    {
        ModelConfigFile archive = new()
        {
            MinWorkers = 2,
            MaxWorkers = 3,
            BatchSize = 4,
            MaxBatchDelay = 50,
            ResponseTimeout = 6,
            StartupTimeout = 8,
            JobQueueSize = 9,
            MaxRetryTimeoutInSec = 0,
            IntraOpThreads = 10,
            DeviceType = "gpu",
            DeviceIds = [1],
        };
        ModelOptions options = ModelOptions.Resolve(Asked(null), archive, Defaults);

        options.MinWorkers.ShouldBe(2);
        options.MaxWorkers.ShouldBe(3);
        options.BatchSize.ShouldBe(4);
        options.MaxBatchDelay.ShouldBe(TimeSpan.FromMilliseconds(50));
        options.ResponseTimeout.ShouldBe(TimeSpan.FromSeconds(6));
        options.StartupTimeout.ShouldBe(TimeSpan.FromSeconds(8));
        options.JobQueueSize.ShouldBe(9);
        options.MaxRetryTimeoutInSec.ShouldBe(0);
        options.IntraOpThreads.ShouldBe(10);
        options.DeviceType.ShouldBe("gpu");
        options.DeviceIds.ShouldBe([1]);
    }

    [Fact]
    public void Resolve_RegistrationSays_WinsOverTheArchive()
    {
        ModelConfigFile archive = new() { BatchSize = 4, MaxBatchDelay = 50, ResponseTimeout = 6, StartupTimeout = 8 };
        ModelConfig asked = Asked(null) with { BatchSize = 16, MaxBatchDelay = 0, ResponseTimeout = 60, StartupTimeout = 80 };

        ModelOptions options = ModelOptions.Resolve(asked, archive, Defaults);

        options.BatchSize.ShouldBe(16);
        options.MaxBatchDelay.ShouldBe(TimeSpan.Zero);
        options.ResponseTimeout.ShouldBe(TimeSpan.FromSeconds(60));
        options.StartupTimeout.ShouldBe(TimeSpan.FromSeconds(80));
    }

    [Theory]
    [InlineData(5, 2, 3, 5, 5)]
    [InlineData(1, 2, 3, 1, 1)]
    [InlineData(0, null, null, 0, 0)]
    [InlineData(null, 2, null, 2, 2)]
    [InlineData(null, null, 4, 4, 4)]
    [InlineData(null, 0, 4, 0, 4)]
    public void Resolve_Workers_RegistrationThenArchive(int? asked, int? archiveMin, int? archiveMax, int min, int max)
    {
        ModelOptions options = ModelOptions.Resolve(Asked(asked), new ModelConfigFile { MinWorkers = archiveMin, MaxWorkers = archiveMax }, Defaults);

        options.MinWorkers.ShouldBe(min);
        options.MaxWorkers.ShouldBe(max);
    }

    [Fact]
    public async Task Resolve_TimeoutThatMeansForever_CanBeWaitedFor()
    {
        ModelOptions options = ModelOptions.Resolve(Asked(null), new ModelConfigFile { ResponseTimeout = int.MaxValue, StartupTimeout = int.MaxValue }, Defaults);

        await Task.Run(() => { }).WaitAsync(options.ResponseTimeout, TimeProvider.System);
        await Task.Run(() => { }).WaitAsync(options.StartupTimeout, TimeProvider.System);
        options.ResponseTimeout.ShouldBeGreaterThan(TimeSpan.FromDays(7));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Resolve_NobodySaysHowManyWorkers_OneAtTheStartNoneLater(bool atStartup, int workers)
    {
        ModelOptions options = ModelOptions.Resolve(Asked(null) with { LoadedAtStartup = atStartup }, null, new ModelDefaults());

        options.MinWorkers.ShouldBe(workers);
        options.MaxWorkers.ShouldBe(workers);
    }

    private static ModelConfig Asked(int? workers) => new() { Url = "m.mar", ArchivePath = "/m.mar", Workers = workers };
}
