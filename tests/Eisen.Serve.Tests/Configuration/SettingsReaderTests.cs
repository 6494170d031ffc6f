using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;

namespace Eisen.Serve.Tests.Configuration;

[Collection(EnvironmentCollection.Name)]
public sealed class SettingsReaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Read_NothingSaid_GivesTheDefaults()
    {
        ServerSettings settings = SettingsReader.Read(new ServerOptions());

        settings.InferenceAddress.ToString().ShouldBe("http://127.0.0.1:8080");
        settings.ManagementAddress.ToString().ShouldBe("http://127.0.0.1:8081");
        settings.ModelStore.ShouldBeNull();
        settings.LoadModels.ShouldBeEmpty();
        settings.MaxInflightBytes.ShouldBeNull();
        settings.NumberOfGpu.ShouldBeNull();
        settings.IntraOpThreads.ShouldBeNull();
        settings.OptimizeModels.ShouldBeTrue();
        settings.GracefulShutdownTimeout.ShouldBe(TimeSpan.FromSeconds(120));
        settings.Warnings.ShouldBeEmpty();
        Path.IsPathFullyQualified(settings.LogFolder).ShouldBeTrue();
    }

    [Fact]
    public void Read_File_GivesItsValues()
    {
        string store = folder.Folder("store");
        ServerSettings settings = Read($"""
            inference_address=http://127.0.0.1:9080
            management_address=http://127.0.0.1:9081
            model_store={store}
            load_models=a.mar, b=c.mar
            default_workers_per_model=3
            job_queue_size=7
            default_response_timeout=11
            max_request_size=12
            max_inflight_bytes=99999999999
            number_of_gpu=0
            intra_op_threads=2
            optimize_models=False
            graceful_shutdown_timeout=0
            """);

        settings.InferenceAddress.Port.ShouldBe(9080);
        settings.ManagementAddress.Port.ShouldBe(9081);
        settings.ModelStore.ShouldBe(store);
        settings.LoadModels.ShouldBe(["a.mar", "b=c.mar"]);
        settings.DefaultWorkersPerModel.ShouldBe(3);
        settings.JobQueueSize.ShouldBe(7);
        settings.DefaultResponseTimeout.ShouldBe(TimeSpan.FromSeconds(11));
        settings.MaxRequestSize.ShouldBe(12);
        settings.MaxInflightBytes.ShouldBe(99_999_999_999);
        settings.NumberOfGpu.ShouldBe(0);
        settings.IntraOpThreads.ShouldBe(2);
        settings.OptimizeModels.ShouldBeFalse();
        settings.GracefulShutdownTimeout.ShouldBe(TimeSpan.Zero);
        settings.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void Read_NoGracefulShutdownTimeout_IsTheResponseTimeout() =>
        Read("default_response_timeout=100000").GracefulShutdownTimeout.ShouldBe(TimeSpan.FromSeconds(100_000));

    [Theory]
    [InlineData("max_inflight_bytes=0", "max_inflight_bytes must be a whole number from 1 to 9223372036854775807, not '0'")]
    [InlineData("max_inflight_bytes=6553499", "max_inflight_bytes must be at least max_request_size, 6553500, not 6553499")]
    [InlineData("max_inflight_bytes=9\nmax_request_size=10", "max_inflight_bytes must be at least max_request_size, 10, not 9")]
    [InlineData("number_of_gpu=1025", "number_of_gpu must be a whole number from 0 to 1024, not '1025'")]
    [InlineData("number_of_gpu=-1", "number_of_gpu must be a whole number from 0 to 1024, not '-1'")]
    [InlineData("intra_op_threads=0", "intra_op_threads must be a whole number from 1 to 1024, not '0'")]
    [InlineData("optimize_models=yes", "optimize_models must be true or false, not 'yes'")]
    [InlineData("optimize_models=", "optimize_models must be true or false, not ''")]
    [InlineData("graceful_shutdown_timeout=86401", "graceful_shutdown_timeout must be a whole number from 0 to 86400, not '86401'")]
    public void Read_ValueOutOfBounds_IsAMistake(string text, string expected) => Mistake(text).ShouldEndWith($"config.properties:1: {expected}");

    [Fact]
    public void Read_CommandLineAndFile_TheCommandLineWinsWithoutWarning()
    {
        string fromFile = folder.Folder("one");
        string fromOption = folder.Folder("two");
        ServerSettings settings = Read($"model_store={fromFile}\nload_models=a.mar", new ServerOptions { ModelStore = fromOption, Models = ["b.mar"] });

        settings.ModelStore.ShouldBe(fromOption);
        settings.LoadModels.ShouldBe(["b.mar"]);
        settings.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("none")]
    [InlineData("standalone")]
    [InlineData("")]
    [InlineData(" , ")]
    public void Read_LoadModelsThatMeansNone_LoadsNone(string value) => Read($"load_models={value}").LoadModels.ShouldBeEmpty();

    [Fact]
    public void Read_ManyMistakes_TellsThemAll()
    {
        string message = Mistake("""
            inference_address=nonsense
            management_address=https://127.0.0.1:1
            default_workers_per_model=1025
            job_queue_size=many
            default_response_timeout=-1
            max_request_size=99999999999
            load_models=a.mar
            """);

        string[] keys = ["inference_address", "management_address", "default_workers_per_model", "job_queue_size", "default_response_timeout", "max_request_size"];
        for (int line = 1; line <= keys.Length; line++)
            message.ShouldContain($"config.properties:{line}: {keys[line - 1]} ");
        message.ShouldContain("which needs private_key_file and certificate_file, or keystore");
        message.ShouldContain("models were named, but no model store");
        message.ShouldContain("must be a whole number from 0 to 1024, not '1025'");
        message.ShouldNotContain("\n");
    }

    [Fact]
    public void Read_ModelNamedTwice_IsAMistakeOfWhereItStands()
    {
        string store = folder.Folder("store");

        Should.Throw<UserMistakeException>(() => SettingsReader.Read(new ServerOptions { ModelStore = store, Models = ["digits.mar", "digits.mar"] })).Message
            .ShouldBe("--models: 'digits.mar' is named twice");
        Mistake($"model_store={store}\nload_models=a.mar,b.mar,a.mar").ShouldEndWith("config.properties:2: load_models: 'a.mar' is named twice");
        Read("load_models=a.mar,a.mar", new ServerOptions { ModelStore = store, Models = ["b.mar"] }).LoadModels.ShouldBe(["b.mar"]);
    }

    [Fact]
    public void Read_TwoListenersOnOnePort_IsAMistake() =>
        Mistake("inference_address=http://127.0.0.1:8081").ShouldContain("both have port 8081; each needs its own");

    [Fact]
    public void Read_FoldersAndFilesThatAreNotThere_NamesTheNearest()
    {
        folder.Folder("model-store");
        string file = folder.File("config.properties");

        Should.Throw<UserMistakeException>(() => SettingsReader.Read(new ServerOptions { ModelStore = Path.Combine(folder.Path, "model-stroe") })).Message
            .ShouldEndWith("model-stroe'; did you mean 'model-store'?");
        Should.Throw<UserMistakeException>(() => SettingsReader.Read(new ServerOptions { ConfigFile = file.Replace("config", "confg", StringComparison.Ordinal) })).Message
            .ShouldEndWith("confg.properties'; did you mean 'config.properties'?");
    }

    [Fact]
    public void Read_EmptyPaths_AreMistakes()
    {
        Should.Throw<UserMistakeException>(() => SettingsReader.Read(new ServerOptions { ModelStore = "" })).Message.ShouldBe("--model-store needs the path of a folder");
        Should.Throw<UserMistakeException>(() => SettingsReader.Read(new ServerOptions { ConfigFile = "" })).Message.ShouldBe("--ts-config needs the path of a file");
        Mistake("model_store=").ShouldEndWith("config.properties:1: model_store needs the path of a folder");
        Mistake("model_store=a\\u0000b").ShouldEndWith("config.properties:1: model_store needs the path of a folder");
    }

    [Fact]
    public void Read_FileThatIsTooLarge_IsAMistake() => Mistake(new string('#', (1 << 20) + 1)).ShouldContain("larger than 1 MiB");

    [Fact]
    public void Read_KeysWithoutMeaning_AreWarnedOf()
    {
        ServerSettings settings = Read("job_queue_sise=5\nsome_plugin=x\nvmargs=-Xmx1g");

        settings.JobQueueSize.ShouldBe(100);
        settings.Warnings.Count.ShouldBe(3);
        settings.Warnings[0].ShouldEndWith("config.properties:1: 'job_queue_sise' is not known and is ignored; did you mean 'job_queue_size'?");
        settings.Warnings[1].ShouldEndWith("config.properties:2: 'some_plugin' is not known and is ignored");
        settings.Warnings[2].ShouldEndWith("config.properties:3: 'vmargs' has no meaning here and is ignored: there is no Java");
    }

    [Fact]
    public void Read_KeyTwice_TakesTheLastAndWarns()
    {
        ServerSettings settings = Read("job_queue_size=5\njob_queue_size=6");

        settings.JobQueueSize.ShouldBe(6);
        settings.Warnings.ShouldHaveSingleItem().ShouldContain("config.properties:2: 'job_queue_size' is set again");
    }

    [Fact]
    public void Read_ZeroWorkers_IsTheDefault() => Read("default_workers_per_model=0").DefaultWorkersPerModel.ShouldBeNull();

    [Fact]
    public void Read_OptionOfTorchServeWithoutMeaning_IsWarnedOf() =>
        Read("", new ServerOptions { WithoutMeaning = ["--log-config"] }).Warnings.ShouldBe(["--log-config has no meaning here and is ignored"]);

    [Fact]
    public void Read_LogAndMetricsLocation_AreTheFolders()
    {
        using EnvironmentVariables _ = new(("LOG_LOCATION", folder.Path), ("METRICS_LOCATION", null));
        ServerSettings settings = SettingsReader.Read(new ServerOptions());
        (settings.LogFolder, settings.MetricsFolder).ShouldBe((folder.Path, folder.Path));

        using EnvironmentVariables __ = new(("METRICS_LOCATION", folder.Folder("metrics")));
        SettingsReader.Read(new ServerOptions()).MetricsFolder.ShouldBe(Path.Combine(folder.Path, "metrics"));
    }

    public void Dispose() => folder.Dispose();

    private ServerSettings Read(string text, ServerOptions? options = null) =>
        SettingsReader.Read((options ?? new ServerOptions()) with { ConfigFile = folder.File("config.properties", text) });

    private string Mistake(string text) => Should.Throw<UserMistakeException>(() => Read(text)).Message;
}
