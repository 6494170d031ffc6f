using System.IO.Compression;
using System.Text;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Tests.Packing;

public sealed class InspectCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static string Store => References.TorchServe("model_store");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Run_TorchScript_ShowsManifestFilesSignatureAndCode()
    {
        (int exitCode, string output) = await InspectAsync(Path.Combine(Store, "double_tgz.tar.gz"));

        exitCode.ShouldBe(0);
        output.ShouldStartWith("double_tgz.tar.gz: a gzip'd tar of ");
        output.ShouldContain("double_handler.py");
        output.ShouldContain("          1,413  double.pt");
        output.ShouldContain("0.12.0");
        output.ShouldContain("  forward(x: Tensor) -> Tensor\n");
        output.ShouldContain("def forward(self");
        output.ShouldEndWith("Problems\n  none\n");
    }

    [Fact]
    public async Task Run_WithoutTheModule_DoesNotLoadIt()
    {
        (_, string output) = await InspectAsync(Path.Combine(Store, "double.mar"), "--no-module");

        output.ShouldContain("not loaded: it was not asked for");
        output.ShouldNotContain("forward");
    }

    [Fact]
    public async Task Run_EveryReferenceArchive_IsShownOrHasItsProblemTold()
    {
        string[] broken = ["badman.mar", "corrupt.mar", "empty.mar", "nohandlerfile.mar", "nohandler.mar", "noman.mar", "missingpy.mar"];
        foreach (string archive in Directory.GetFileSystemEntries(Store))
        {
            (int exitCode, string output) = await InspectAsync(archive);

            string name = Path.GetFileName(archive);
            output.ShouldStartWith(name + ": ");
            if (exitCode != 0)
                broken.ShouldContain(name, output);
            output.EndsWith("Problems\n  none\n", StringComparison.Ordinal).ShouldBe(exitCode == 0, output);
        }
    }

    [Theory]
    [InlineData("not an archive", "neither a zip, a gzip'd tar nor a folder")]
    [InlineData("", "the file is empty")]
    public async Task Run_NoArchive_SaysWhy(string content, string why)
    {
        (int exitCode, string output) = await InspectAsync(folder.File("m.mar", content));

        exitCode.ShouldBe(1);
        output.ShouldContain(why);
    }

    [Fact]
    public async Task Run_HostileNames_DoNotReachTheTerminal()
    {
        string path = Path.Combine(folder.Path, "m");
        Directory.CreateDirectory(Path.Combine(path, "MAR-INF"));
        File.WriteAllText(Path.Combine(path, "\u001b[2Jx\n\u202Ey.txt"), "");
        File.WriteAllText(Path.Combine(path, "c.yaml"), "\"\\e[31mred\\n\": \"\\a\"\n");
        File.WriteAllText(
            Path.Combine(path, "MAR-INF", "MANIFEST.json"),
            """{"createdOn": "\u001b]0;title\u0007", "runtime": "a\nb", "model": {"modelName": "m", "modelVersion": "1", "handler": "h\u001b[1m.py", "serializedFile": "\u009b31m", "configFile": "c.yaml"}}""");

        (_, string output) = await InspectAsync(path);

        output.ShouldContain(@"\u001B[2Jx\u000A\u202Ey.txt");
        output.ShouldContain(@"\u001B]0;title\u0007");
        output.Where(c => c != '\n' && (char.IsControl(c) || c == '\u202E')).ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_BuiltInHandlerWithoutAModule_IsAProblem()
    {
        string path = Path.Combine(folder.Path, "m.mar");
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            using Stream manifest = zip.CreateEntry("MAR-INF/MANIFEST.json").Open();
            manifest.Write(Encoding.UTF8.GetBytes("""{"model": {"modelName": "m", "modelVersion": "1", "handler": "tensor"}}"""));
        }

        (int exitCode, string output) = await InspectAsync(path);

        exitCode.ShouldBe(1);
        output.ShouldContain("the manifest names no serializedFile, the TorchScript module that handler 'tensor' runs");
    }

    [Fact]
    public async Task Run_ModuleOutsideOfTheArchive_IsNotLoaded()
    {
        string outside = folder.Folder("m/MAR-INF") + "/../../double.pt";
        File.Copy(Fixtures.PathOf("modules/double.pt"), outside);
        File.CreateSymbolicLink(Path.Combine(folder.Path, "m", "link.pt"), outside);
        foreach (string file in (string[])["../double.pt", "link.pt"])
        {
            folder.File("m/MAR-INF/MANIFEST.json", $$$"""{"model": {"modelName": "m", "modelVersion": "1", "handler": "base_handler", "serializedFile": "{{{file}}}"}}""");

            (int exitCode, string output) = await InspectAsync(Path.Combine(folder.Path, "m"));

            exitCode.ShouldBe(1);
            output.ShouldContain("leaves the archive");
            output.ShouldNotContain("forward");
        }
    }

    [Fact]
    public async Task Run_SeveralMistakesInTheConfiguration_AreAllTold()
    {
        folder.Folder("m/MAR-INF");
        File.Copy(Fixtures.PathOf("modules/double.pt"), Path.Combine(folder.Path, "m", "double.pt"));
        folder.File("m/c.yaml", "minWorkers: none\nbatchSize: 0\nhandler: {dtype: float33}\nmaxWorkerss: 2\nb: &x 1\n");
        folder.File("m/MAR-INF/MANIFEST.json", """{"model": {"modelName": "m", "modelVersion": "1", "handler": "base_handler", "serializedFile": "double.pt", "configFile": "c.yaml"}}""");

        (int exitCode, string output) = await InspectAsync(Path.Combine(folder.Path, "m"));

        exitCode.ShouldBe(1);
        output.ShouldContain("  c.yaml: minWorkers must be a whole number from 0 to 1024, not 'none'.\n");
        output.ShouldContain("  c.yaml: batchSize must be a whole number from 1 to 1000000, not 0.\n");
        output.ShouldContain("  c.yaml: line 5: anchors ('&name') are not supported.\n");
        output.ShouldContain("float33");
        output.ShouldContain("Warnings\n  c.yaml: 'maxWorkerss' is not known to the server; did you mean 'maxWorkers'?\n");
    }

    [Fact]
    public async Task Run_NoArchiveNamed_SaysHow() => (await CommandRun.MistakeAsync("inspect")).ShouldBe("say which archive: eisen-serve inspect ARCHIVE");

    private static Task<(int ExitCode, string Output)> InspectAsync(params string[] args) => CommandRun.RunAsync(["inspect", .. args]);
}
