using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;

namespace Eisen.Serve.Tests.Configuration;

/// <summary>Who has the last word, as with TorchServe.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class SettingValuesTests : IDisposable
{
    private const string Snapshot = "20261122084712678-startup.cfg";

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Gather_EnvironmentEnabled_WinsOverEverything()
    {
        string file = folder.File("c.properties", "enable_envvars_config=true\nmodel_store=a\njob_queue_size=1");
        using EnvironmentVariables _ = new(("TS_MODEL_STORE", "c"), ("TS_JOB_QUEUE_SIZE", "2"), ("TS_TOKEN_EXPIRATION_TIME_MIN", "3"));

        SettingValues said = SettingValues.Gather(new ServerOptions { ConfigFile = file, ModelStore = "b" });

        said.Find("model_store").ShouldBe(new SettingValue("c", "TS_MODEL_STORE"));
        said.Find("job_queue_size").ShouldBe(new SettingValue("2", "TS_JOB_QUEUE_SIZE"));
        said.Find("token_expiration_min").ShouldBe(new SettingValue("3", "TS_TOKEN_EXPIRATION_TIME_MIN"));
    }

    [Fact]
    public void Gather_EnvironmentNotEnabled_DoesNotCount()
    {
        string file = folder.File("c.properties", "model_store=a\njob_queue_size=1");
        using EnvironmentVariables _ = new(("TS_MODEL_STORE", "c"), ("TS_JOB_QUEUE_SIZE", "2"), ("TS_ENABLE_ENVVARS_CONFIG", "true"));

        SettingValues said = SettingValues.Gather(new ServerOptions { ConfigFile = file, ModelStore = "b" });

        said.Find("model_store").ShouldBe(new SettingValue("b", "--model-store"));
        said.Find("job_queue_size").ShouldBe(new SettingValue("1", $"{file}:2", IsInFile: true));
    }

    [Theory]
    [InlineData("", "file")]
    [InlineData("use_env_allowed_urls=true", "environment")]
    public void Gather_AllowedUrls_NeedTheFilesWordForTheEnvironment(string line, string expected)
    {
        string file = folder.File("c.properties", $"enable_envvars_config=true\nallowed_urls=file\n{line}");
        using EnvironmentVariables _ = new(("TS_ALLOWED_URLS", "environment"));

        SettingValues.Gather(new ServerOptions { ConfigFile = file }).Find("allowed_urls")!.Text.ShouldBe(expected);
    }

    [Fact]
    public void Gather_ConfigFileVariable_WinsOverTheOption()
    {
        using EnvironmentVariables _ = new(("TS_CONFIG_FILE", folder.File("variable.properties", "job_queue_size=1")));

        SettingValues.Gather(new ServerOptions { ConfigFile = folder.File("option.properties", "job_queue_size=2") }).Find("job_queue_size")!.Text.ShouldBe("1");
    }

    [Fact]
    public void Gather_ConfigFileVariableWithoutFile_IsAMistake()
    {
        using EnvironmentVariables _ = new(("TS_CONFIG_FILE", Path.Combine(folder.Path, "none")));

        Should.Throw<UserMistakeException>(() => SettingValues.Gather(new ServerOptions())).Message.ShouldStartWith("TS_CONFIG_FILE: there is no file");
    }

    [Fact]
    public void Gather_NoFileNamed_TakesTheLastSnapshot()
    {
        string snapshots = Directory.CreateDirectory(Path.Combine(folder.Path, "config")).FullName;
        File.WriteAllText(Path.Combine(snapshots, Snapshot), "job_queue_size=1");
        File.WriteAllText(Path.Combine(snapshots, "20261122084735695-shutdown.cfg"), "job_queue_size=2");
        File.WriteAllText(Path.Combine(snapshots, "29991122084735695-shutdown.cfg.new"), "job_queue_size=3");
        File.WriteAllText(Path.Combine(snapshots, "notes.cfg"), "job_queue_size=4");
        using EnvironmentVariables _ = new(("LOG_LOCATION", folder.Path));

        SettingValues.Gather(new ServerOptions()).Find("job_queue_size")!.Text.ShouldBe("2");
        SettingValues.Gather(new ServerOptions { NoConfigSnapshots = true }).Find("job_queue_size").ShouldBeNull();
        SettingValues.Gather(new ServerOptions { ConfigFile = folder.File("c.properties") }).Find("job_queue_size").ShouldBeNull();
    }

    [Fact]
    public void Gather_VariableInAValue_StandsForItsValue()
    {
        using EnvironmentVariables _ = new(("PLACE", "/srv"), ("NOWHERE", null));

        SettingValues said = SettingValues.Gather(new ServerOptions { ConfigFile = folder.File("c.properties", "model_store=$$PLACE$$/store\nkeystore=$$NOWHERE$$") });

        said.Find("model_store")!.Text.ShouldBe("/srv/store");
        said.Mistakes.ShouldHaveSingleItem().ShouldEndWith("c.properties:2: keystore names the environment variable 'NOWHERE', which is not set");
    }

    public void Dispose() => folder.Dispose();
}
