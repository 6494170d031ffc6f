using System.Formats.Tar;
using System.IO.Compression;

namespace Eisen.Serve.Archive.Tests;

public sealed class ModelArchiveTests : IDisposable
{
    private const string FullManifest =
        """
        {
          "createdOn": "22/11/2026 08:20:33",
          "runtime": "python3",
          "model": {
            "modelName": "batch",
            "serializedFile": "batch.pt",
            "handler": "batch_handler.py:handle",
            "modelFile": "net.py",
            "modelVersion": "2.1",
            "configFile": "model-config.yaml",
            "requirementsFile": "requirements.txt",
            "somethingNew": [1, 2]
          },
          "archiverVersion": "0.12.0"
        }
        """;

    private static readonly (string Name, string Content)[] FullEntries =
    [
        ("batch.pt", "weights"),
        ("batch_handler.py", "def handle(data, context): return data"),
        ("net.py", "class Net: pass"),
        ("model-config.yaml", "minWorkers: 1\nmaxWorkers: 2\nhandler:\n  answer: 42\n"),
        ("MAR-INF/MANIFEST.json", FullManifest),
    ];

    private readonly ArchiveFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("batch/")]
    public void Open_Zip_GivesManifestConfigAndFiles(string top)
    {
        byte[] zip = ArchiveFolder.Zip([.. FullEntries.Select(entry => (top + entry.Name, entry.Content))]);

        using (ModelArchive archive = folder.Open("batch.mar", zip))
            ShouldBeFull(archive, "batch.mar");

        folder.ShouldHoldNothing();
    }

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.V7)]
    public void Open_GzippedTar_GivesManifestConfigAndFiles(TarEntryFormat format)
    {
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        using (TarWriter tar = new(gzip, format))
        {
            foreach ((string name, string content) in FullEntries)
                tar.WriteEntry(EntryOf(format, "batch/" + name, content));
        }

        using (ModelArchive archive = folder.Open("batch.tar.gz", packed.ToArray()))
            ShouldBeFull(archive, "batch.tar.gz");

        folder.ShouldHoldNothing();
    }

    [Fact]
    public void Open_Folder_IsUsedInPlaceAndStays()
    {
        foreach ((string name, string content) in FullEntries)
            folder.Write("batch/" + name, content);

        using (ModelArchive archive = ModelArchive.Open(folder.PathOf("batch") + "/", folder.UnpackFolder))
        {
            ShouldBeFull(archive, "batch");
            archive.Folder.ShouldBe(folder.PathOf("batch"));
        }

        File.Exists(folder.PathOf("batch/batch.pt")).ShouldBeTrue();
        Directory.Exists(folder.UnpackFolder).ShouldBeFalse();
    }

    [Fact]
    public void Open_MacOsNoiseBesideTheTopFolder_FindsTheTopFolder()
    {
        byte[] zip = ArchiveFolder.Zip(
            ("m/MAR-INF/MANIFEST.json", ArchiveFolder.Manifest), ("__MACOSX/m/._x", "noise"), ("._m", "noise"));

        using ModelArchive archive = folder.Open("m.mar", zip);

        Path.GetFileName(archive.Folder).ShouldBe("m");
    }

    [Fact]
    public void Open_SameArchiveTwice_UnpacksToTwoPrivateFolders()
    {
        byte[] zip = ArchiveFolder.ZipWith(("run.sh", "#!/bin/sh"));
        using ModelArchive one = folder.Open("a.mar", zip);
        using ModelArchive two = ModelArchive.Open(folder.PathOf("a.mar"), folder.UnpackFolder);

        one.Folder.ShouldNotBe(two.Folder);
        if (OperatingSystem.IsWindows())
            return;
        File.GetUnixFileMode(one.Folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        (File.GetUnixFileMode(one.PathOf("run.sh")) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute))
            .ShouldBe(UnixFileMode.None);
    }

    [Fact]
    public void Dispose_Twice_IsFine()
    {
        ModelArchive archive = folder.Open("a.mar", ArchiveFolder.ZipWith());
        archive.Dispose();
        archive.Dispose();
        folder.ShouldHoldNothing();
    }

    [Fact]
    public void Open_NoSuchFile_SaysSo()
    {
        Should.Throw<ArchiveException>(() => ModelArchive.Open(folder.PathOf("none/gone.mar"), folder.UnpackFolder))
            .Message.ShouldBe("gone.mar: the file does not exist.");
        Should.Throw<ArchiveException>(() => ModelArchive.Open("a\0\n.mar", folder.UnpackFolder))
            .Message.ShouldBe(@"a\u0000\u000A.mar: the file does not exist.");
    }

    [Fact]
    public void Open_EmptyFile_SaysSo() => folder.Refusal("empty.mar", []).ShouldBe("empty.mar: the file is empty.");

    [Theory]
    [InlineData("notes about my model")]
    [InlineData("n")]
    public void Open_Text_IsNotAnArchive(string text) =>
        folder.Refusal("notes.mar", System.Text.Encoding.UTF8.GetBytes(text))
            .ShouldBe("notes.mar: not a MAR archive: it is neither a zip, a gzip'd tar nor a folder.");

    [Fact]
    public void Open_ContentOfTheOtherKind_ContentDecides()
    {
        using ModelArchive zip = folder.Open("really-a-zip.tar.gz", ArchiveFolder.ZipWith());
        using ModelArchive tar = folder.Open("really-a-tar.mar", TarBytes.WithManifest().Gzipped());

        zip.Manifest.ModelName.ShouldBe("digits");
        tar.Manifest.ModelName.ShouldBe("digits");
    }

    [Fact]
    public void Open_WithoutManifest_SaysSo()
    {
        const string Fault = "not a MAR archive: MAR-INF/MANIFEST.json is missing.";
        Directory.CreateDirectory(folder.PathOf("bare"));

        folder.Refusal("noman.mar", ArchiveFolder.Zip(("a.py", ""))).ShouldBe($"noman.mar: {Fault}");
        folder.Refusal("noman.mar", ArchiveFolder.Zip(("a/x", ""), ("b/MAR-INF/MANIFEST.json", ArchiveFolder.Manifest))).ShouldBe($"noman.mar: {Fault}");
        folder.Refusal("noman.mar", ArchiveFolder.Zip()).ShouldBe($"noman.mar: {Fault}");
        folder.Refusal("noman.tgz", new TarBytes().Gzipped()).ShouldBe($"noman.tgz: {Fault}");
        Should.Throw<ArchiveException>(() => ModelArchive.Open(folder.PathOf("bare"), folder.UnpackFolder))
            .Message.ShouldBe($"bare: {Fault}");
    }

    [Fact]
    public void Open_UnpackFolderIsAFile_SaysThatWritingFailed()
    {
        string path = folder.Write("a.mar", ArchiveFolder.ZipWith());
        Should.Throw<ArchiveException>(() => ModelArchive.Open(path, folder.Write("taken", "")))
            .Message.ShouldBe("a.mar: writing to the unpack folder failed.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_CancelledWhileUnpacking_LeavesNothing(bool isZip)
    {
        string path = folder.Write("a.mar", isZip ? ArchiveFolder.ZipWith() : TarBytes.WithManifest().Gzipped());
        using CancellationTokenSource cancel = new();
        cancel.Cancel();

        // The public door looks at the token before it opens anything; what lies behind must look as well.
        Should.Throw<OperationCanceledException>(
            () => ModelArchive.Open(path, folder.UnpackFolder, limits: null, cancel.Token));
        ArchiveSource source = new(path, new ArchiveLimits());
        using FileStream file = source.OpenFile();
        using (UnpackFolder target = UnpackFolder.Create(source, folder.UnpackFolder))
        {
            Should.Throw<OperationCanceledException>(() =>
            {
                if (isZip)
                    ZipUnpacker.Unpack(source, file, target, cancel.Token);
                else
                    TarUnpacker.Unpack(source, file, target, cancel.Token);
            });
        }

        folder.ShouldHoldNothing();
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("a/../../evil")]
    [InlineData("a/..")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\b")]
    [InlineData("")]
    [InlineData("a\0")]
    public void PathOf_NameThatLeaves_Throws(string name)
    {
        using ModelArchive archive = folder.Open("a.mar", ArchiveFolder.ZipWith(("a/b", "")));

        Should.Throw<ArchiveException>(() => archive.PathOf(name)).Message.ShouldEndWith("leaves the archive.");
    }

    [Fact]
    public void PathOf_NoSuchFile_Throws()
    {
        using ModelArchive archive = folder.Open("a.mar", ArchiveFolder.ZipWith());

        Should.Throw<ArchiveException>(() => archive.PathOf("gone.json"))
            .Message.ShouldBe("a.mar: 'gone.json' is not in the archive.");
    }

    [Fact]
    public void PathOf_LinkInAFolderArchive_MayNotPointOut()
    {
        string secret = folder.Write("secret", "");
        folder.Write("m/MAR-INF/MANIFEST.json", ArchiveFolder.Manifest);
        folder.Write("m/data/inside.txt", "");
        File.CreateSymbolicLink(folder.PathOf("m/direct"), secret);
        File.CreateSymbolicLink(folder.PathOf("m/relative"), "../secret");
        Directory.CreateSymbolicLink(folder.PathOf("m/up"), "..");
        Directory.CreateSymbolicLink(folder.PathOf("m/chained"), "up");
        File.CreateSymbolicLink(folder.PathOf("m/circle"), "circle");
        File.CreateSymbolicLink(folder.PathOf("m/fine"), "data/inside.txt");
        using ModelArchive archive = ModelArchive.Open(folder.PathOf("m"), folder.UnpackFolder);

        foreach (string name in (string[])["direct", "relative", "up/secret", "chained/secret", "up"])
            Should.Throw<ArchiveException>(() => archive.PathOf(name)).Message.ShouldEndWith("leaves the archive through a link.");
        Should.Throw<ArchiveException>(() => archive.PathOf("circle")).Message.ShouldEndWith("is a circle of links.");
        archive.PathOf("fine").ShouldBe(folder.PathOf("m/fine"));
    }

    [Fact]
    public void Open_FolderBehindALink_IsTheSame()
    {
        folder.Write("m/MAR-INF/MANIFEST.json", ArchiveFolder.Manifest);
        Directory.CreateSymbolicLink(folder.PathOf("current"), folder.PathOf("m"));

        using ModelArchive archive = ModelArchive.Open(folder.PathOf("current"), folder.UnpackFolder);

        archive.PathOf("MAR-INF/MANIFEST.json").ShouldBe(folder.PathOf("current/MAR-INF/MANIFEST.json"));
    }

    private static void ShouldBeFull(ModelArchive archive, string fileName)
    {
        archive.FileName.ShouldBe(fileName);
        archive.Manifest.ModelName.ShouldBe("batch");
        archive.Manifest.ModelVersion.ShouldBe("2.1");
        archive.Manifest.CreatedOn.ShouldBe("22/11/2026 08:20:33");
        archive.Manifest.Runtime.ShouldBe("python3");
        archive.Manifest.ArchiverVersion.ShouldBe("0.12.0");
        archive.Manifest.SerializedFile.ShouldBe("batch.pt");
        archive.Manifest.Handler.ShouldBe("batch_handler.py:handle");
        archive.Manifest.HandlerFile.ShouldBe("batch_handler.py");
        archive.Manifest.ModelFile.ShouldBe("net.py");
        archive.Manifest.RequirementsFile.ShouldBe("requirements.txt");
        archive.Config.ShouldNotBeNull().MaxWorkers.ShouldBe(2);
        archive.Config.Handler["answer"]!.GetValue<int>().ShouldBe(42);
        File.ReadAllText(archive.PathOf("batch.pt")).ShouldBe("weights");
    }

    private static TarEntry EntryOf(TarEntryFormat format, string name, string content)
    {
        TarEntry entry = format switch
        {
            TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
            TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
            TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
            _ => new V7TarEntry(TarEntryType.V7RegularFile, name),
        };
        entry.DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content));
        return entry;
    }
}
