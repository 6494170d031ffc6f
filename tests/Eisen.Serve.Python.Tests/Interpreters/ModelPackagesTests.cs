using System.Diagnostics;
using System.IO.Compression;
using Eisen.Serve.Engine;

namespace Eisen.Serve.Python.Tests.Interpreters;

/// <summary>Real pip, with a package that lies beside the archive instead of in an index.</summary>
public sealed class ModelPackagesTests : IDisposable
{
    private const string Handler = "import tiny_package\n\ndef handle(data, context):\n    return data and [tiny_package.WORD]";

    private readonly PythonModels models = new(settings => settings with { InstallRequirements = true });

    [Fact]
    public async Task Load_RequirementsAreThere_TheModelHasThemAndTheyGoWithIt()
    {
        ModelConfig config = models.Archive("needy", Handler, files: ("requirements.txt", "--no-index\n./tiny_package-1.0-py3-none-any.whl\n"));
        PackWheel(config.ArchivePath);
        ModelVersion version = await models.LoadAsync(config);

        (await version.TextAsync("")).ShouldBe("tiny word");
        Directory.GetDirectories(models.Settings.UnpackFolder, "mar-packages-*").ShouldHaveSingleItem();
        Directory.Exists(Path.Combine(config.ArchivePath, "tiny_package")).ShouldBeFalse();

        await models.Reconciler.UnloadAsync(version, PythonModels.Patience);
        Directory.GetDirectories(models.Settings.UnpackFolder, "mar-packages-*").ShouldBeEmpty();
    }

    [Fact]
    public async Task Load_RequirementIsMissing_SaysWhatPipSaid()
    {
        ModelConfig config = models.Archive("needy", Handler, files: ("requirements.txt", "--no-index\nno-such-package\n"));

        LoadOutcome outcome = await models.Reconciler.LoadAsync(config, CancellationToken.None);

        outcome.Reason.ShouldBe("needy: pip could not install requirements.txt: ERROR: No matching distribution found for no-such-package");
        Directory.GetDirectories(models.Settings.UnpackFolder, "mar-packages-*").ShouldBeEmpty();
    }

    [Fact]
    public async Task Unload_PackagesCannotBeDeleted_Unloads()
    {
        ModelConfig config = models.Archive("needy", Handler, files: ("requirements.txt", "--no-index\n./tiny_package-1.0-py3-none-any.whl\n"));
        PackWheel(config.ArchivePath);
        ModelVersion version = await models.LoadAsync(config);
        Directory.Delete(Directory.GetDirectories(models.Settings.UnpackFolder, "mar-packages-*").Single(), recursive: true);

        await models.Reconciler.UnloadAsync(version, PythonModels.Patience);

        models.Registry.Find("needy").ShouldBeNull();
    }

    [Fact]
    public async Task Load_UnloadedWhileRequirementsAreInstalled_LeavesNothing()
    {
        ModelConfig config = models.Archive("needy", Handler, files: ("requirements.txt", "--no-index\n./tiny_package-1.0-py3-none-any.whl\n--requirement further.txt\n"));
        PackWheel(config.ArchivePath);
        string further = Path.Combine(config.ArchivePath, "further.txt");
        using (Process pipe = Process.Start("mkfifo", [further]))
            await pipe.WaitForExitAsync();
        Task<LoadOutcome> loading = models.Reconciler.LoadAsync(config, CancellationToken.None);

        // It opens when pip does, which then waits for its end.
        await using (await Task.Run(() => new FileStream(further, FileMode.Open, FileAccess.Write)).WaitAsync(PythonModels.Patience))
            await models.Reconciler.UnloadAsync(models.Registry.Find("needy")!.Default, PythonModels.Patience);

        (await loading.WaitAsync(PythonModels.Patience)).Reason.ShouldNotBeNull().ShouldContain("it was unregistered while it loaded");
        Directory.GetDirectories(models.Settings.UnpackFolder, "mar-packages-*").ShouldBeEmpty();
        LeftProcesses.Find(models.Settings.UnpackFolder).ShouldBeEmpty();
    }

    public void Dispose() => models.Dispose();

    private static void PackWheel(string folder)
    {
        using ZipArchive wheel = ZipFile.Open(Path.Combine(folder, "tiny_package-1.0-py3-none-any.whl"), ZipArchiveMode.Create);
        foreach ((string name, string text) in new[]
        {
            ("tiny_package.py", "WORD = 'tiny word'\n"),
            ("tiny_package-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-package\nVersion: 1.0\n"),
            ("tiny_package-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
            ("tiny_package-1.0.dist-info/RECORD", "tiny_package.py,,\ntiny_package-1.0.dist-info/METADATA,,\ntiny_package-1.0.dist-info/WHEEL,,\ntiny_package-1.0.dist-info/RECORD,,\n"),
        })
        {
            using StreamWriter entry = new(wheel.CreateEntry(name).Open());
            entry.Write(text);
        }
    }
}
