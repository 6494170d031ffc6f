using System.Text.Json;
using Eisen.Serve.Archive;
using Eisen.Serve.Engine;

namespace Eisen.Serve.Python.Tests.Interpreters;

[Collection(EnvironmentCollection.Name)]
public sealed class PythonInterpreterTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("eisen-interpreter-").FullName;
    private readonly string? variable = Environment.GetEnvironmentVariable("PYTHON");

    [Fact]
    public void Find_EverythingNamesOne_TheArchiveWins()
    {
        Environment.SetEnvironmentVariable("PYTHON", MakeProgram("from-environment"));
        string fromSetting = MakeProgram("from-setting");
        string own = MakeProgram("archive/from-archive");

        Find("python: ./from-archive\n", fromSetting).ShouldBe(own);
        Find("", fromSetting).ShouldBe(fromSetting);
        Find("", null).ShouldBe(Path.Combine(folder, "from-environment"));
    }

    [Fact]
    public void Find_FolderOfAVirtualEnvironment_IsItsPython()
    {
        string python = MakeProgram("venv/bin/python");

        Find("", Path.Combine(folder, "venv")).ShouldBe(python);
    }

    [Fact]
    public void Find_NothingNamesOne_TheRuntimesIsTakenFromThePath()
    {
        Environment.SetEnvironmentVariable("PYTHON", null);

        Path.GetFileName(Find("", null, "python3")).ShouldBe("python3");
    }

    [Theory]
    [InlineData("", "/no/such/python", "python3", "the setting python is '/no/such/python', which is neither an interpreter nor the folder of a virtual environment")]
    [InlineData("", "no-such-python", "python3", "the setting python is 'no-such-python', which is neither an interpreter nor the folder of a virtual environment")]
    [InlineData("python: ./missing\n", null, "python3", "python in the archive's configuration is '")]
    [InlineData("python: [1]\n", null, "python3", "python in the archive's configuration is no text")]
    [InlineData("", null, "lsp", "the manifest's runtime is 'lsp'; it can be python or python3")]
    public void Find_ThereIsNone_SaysWhoNamedIt(string config, string? setting, string runtime, string message) =>
        Should.Throw<ModelLoadException>(() => Find(config, setting, runtime)).Message.ShouldStartWith(message);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PYTHON", variable);
        Directory.Delete(folder, recursive: true);
    }

    private string MakeProgram(string name)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "#!/bin/sh\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private string Find(string config, string? setting, string runtime = "python")
    {
        string archive = Path.Combine(folder, "archive");
        Directory.CreateDirectory(Path.Combine(archive, "MAR-INF"));
        File.WriteAllText(Path.Combine(archive, "model-config.yaml"), config);
        File.WriteAllText(Path.Combine(archive, "MAR-INF", "MANIFEST.json"), JsonSerializer.Serialize(new { runtime, model = new { modelName = "m", modelVersion = "1.0", handler = "h", configFile = "model-config.yaml" } }));
        using ModelArchive opened = ModelArchive.Open(archive, folder);
        return PythonInterpreter.Find(opened, setting);
    }
}
