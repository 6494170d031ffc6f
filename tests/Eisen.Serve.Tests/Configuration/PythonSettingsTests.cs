using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Eisen.Serve.Python;

namespace Eisen.Serve.Tests.Configuration;

[Collection(EnvironmentCollection.Name)]
public sealed class PythonSettingsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Read_NothingSaid_RunsArchivesAsTorchServeDoes()
    {
        PythonSettings settings = Read("");

        settings.Interpreter.ShouldBeNull();
        settings.AllowArchiveCode.ShouldBeTrue();
        settings.BlacklistedVariables.ShouldBeNull();
        settings.User.ShouldBeNull();
        settings.MemoryLimit.ShouldBeNull();
        settings.CpuLimit.ShouldBeNull();
        settings.InstallRequirements.ShouldBeFalse();
        settings.PreferTorchServe.ShouldBeFalse();
        settings.ShareModels.ShouldBeTrue();
        settings.LimitImagePixels.ShouldBeTrue();
        settings.Envelope.ShouldBeNull();
        settings.MaxResponseSize.ShouldBe(6_553_500);
    }

    [Fact]
    public void Read_File_GivesItsValues()
    {
        PythonSettings settings = Read("""
            python=/opt/venv
            allow_archive_code=false
            blacklist_env_vars=.*PASSWORD.*|AWS_.*
            python_user=65534:65534
            python_memory_limit=2147483648
            python_cpu_limit=3600
            install_py_dep_per_model=true
            prefer_torchserve=true
            share_python_models=false
            limit_max_image_pixels=false
            service_envelope=json
            max_response_size=7
            """);

        settings.Interpreter.ShouldBe("/opt/venv");
        settings.AllowArchiveCode.ShouldBeFalse();
        settings.BlacklistedVariables!.IsMatch("AWS_KEY").ShouldBeTrue();
        settings.User.ShouldBe(new PythonUser(65534, 65534));
        settings.MemoryLimit.ShouldBe(2_147_483_648);
        settings.CpuLimit.ShouldBe(3600);
        settings.InstallRequirements.ShouldBeTrue();
        settings.PreferTorchServe.ShouldBeTrue();
        settings.ShareModels.ShouldBeFalse();
        settings.LimitImagePixels.ShouldBeFalse();
        settings.Envelope.ShouldBe("json");
        settings.MaxResponseSize.ShouldBe(7);
    }

    [Theory]
    [InlineData("blacklist_env_vars=(", "blacklist_env_vars must be a regular expression")]
    [InlineData("python_user=no-such-user", "python_user must be a user of this system other than root")]
    [InlineData("python_user=root", "python_user must be a user of this system other than root")]
    [InlineData("python_user=0:0", "python_user must be a user of this system other than root")]
    [InlineData("python_memory_limit=1", "python_memory_limit must be a whole number from 1048576")]
    public void Read_Mistake_IsTold(string line, string message) => Should.Throw<UserMistakeException>(() => Read(line)).Message.ShouldContain(message);

    [Fact]
    public void Read_NameOfAUser_IsFound() => Read("python_user=nobody").User!.Id.ShouldBe(65534u);

    public void Dispose() => folder.Dispose();

    private PythonSettings Read(string text)
    {
        string file = Path.Combine(folder.Path, "config.properties");
        File.WriteAllText(file, text);
        return SettingsReader.Read(new ServerOptions { ConfigFile = file }).Python;
    }
}
