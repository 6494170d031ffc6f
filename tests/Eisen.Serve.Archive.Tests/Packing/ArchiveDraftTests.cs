using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Archive.Tests.Packing;

public sealed class ArchiveDraftTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private readonly ArchiveFolder folder = new();

    private string Export => Directory.CreateDirectory(folder.PathOf("store")).FullName;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(ArchiveLayout.Zip, "brain.mar", ArchiveKind.Zip)]
    [InlineData(ArchiveLayout.StoredZip, "brain.mar", ArchiveKind.Zip)]
    [InlineData(ArchiveLayout.TarGzip, "brain.tar.gz", ArchiveKind.TarGzip)]
    [InlineData(ArchiveLayout.Folder, "brain", ArchiveKind.Folder)]
    public void Save_AnyLayout_IsReadBack(ArchiveLayout layout, string name, ArchiveKind kind)
    {
        string path = Pack(Everything(), layout);

        path.ShouldBe(Path.Combine(Export, name));
        using ModelArchive archive = ModelArchive.Open(path, folder.UnpackFolder);
        using ArchiveInspection inspection = ArchiveInspection.Open(path, folder.UnpackFolder);
        archive.Manifest.ModelName.ShouldBe("brain");
        archive.Manifest.ModelVersion.ShouldBe("2.1");
        archive.Manifest.Handler.ShouldBe("handler.py:run");
        archive.Manifest.SerializedFile.ShouldBe("weights.pt");
        archive.Manifest.ModelFile.ShouldBe("model.py");
        archive.Manifest.RequirementsFile.ShouldBe("requirements.txt");
        archive.Manifest.CreatedOn.ShouldBe("25/11/2026 12:00:00");
        archive.Manifest.Runtime.ShouldBe("python3");
        archive.Config!.BatchSize.ShouldBe(4);
        File.ReadAllText(archive.PathOf("labels.json")).ShouldBe("""{"0": "none"}""");
        File.ReadAllText(archive.PathOf("deep/er.txt")).ShouldBe("deep");
        inspection.Kind.ShouldBe(kind);
        inspection.Problems.ShouldBeEmpty();
        inspection.Files.Select(file => file.Name).ShouldBe(
            ["MAR-INF/MANIFEST.json", "config.yaml", "deep/er.txt", "handler.py", "labels.json", "model.py", "requirements.txt", "weights.pt"]);
        OnlyThis(name);
    }

    [Theory]
    [InlineData(ArchiveLayout.Zip)]
    [InlineData(ArchiveLayout.StoredZip)]
    [InlineData(ArchiveLayout.TarGzip)]
    public void Save_Twice_GivesTheSameBytes(ArchiveLayout layout)
    {
        string path = Pack(Everything(), layout);
        byte[] first = File.ReadAllBytes(path);
        Directory.SetLastWriteTimeUtc(folder.PathOf("extra"), DateTime.UnixEpoch);
        File.SetLastWriteTimeUtc(folder.PathOf("weights.pt"), DateTime.UnixEpoch);
        ArchiveParts backwards = Everything() with { ExtraFiles = [.. Everything().ExtraFiles.Reverse()] };

        Pack(backwards, layout, overwrite: true);

        File.ReadAllBytes(path).ShouldBe(first);
    }

    [Theory]
    [InlineData(ArchiveLayout.Zip, "zipfile.ZipFile(p).testzip() is None and zipfile.ZipFile(p).namelist()")]
    [InlineData(ArchiveLayout.StoredZip, "all(i.compress_type == 0 for i in zipfile.ZipFile(p).infolist()) and zipfile.ZipFile(p).namelist()")]
    [InlineData(ArchiveLayout.TarGzip, "[m.name.removeprefix('brain/') for m in tarfile.open(p) if m.isfile() and m.mode == 0o644]")]
    public void Save_AnyFile_IsReadByPython(ArchiveLayout layout, string names)
    {
        string path = Pack(Everything(), layout);

        string read = Python($"import json, sys, tarfile, zipfile; p = sys.argv[1]; print(json.dumps({names}))", path);

        JsonSerializer.Deserialize<string[]>(read).ShouldBe(
            ["MAR-INF/MANIFEST.json", "config.yaml", "deep/er.txt", "handler.py", "labels.json", "model.py", "requirements.txt", "weights.pt"]);
    }

    [Fact]
    public void Save_Manifest_HasTheKeysOfTorchModelArchiver()
    {
        // A real one of each kind: eager with a model file, TorchScript, with a configuration.
        string store = References.TorchServe("model_store");
        (string Reference, ArchiveParts Parts)[] pairs =
        [
            ("eager.mar", Everything() with { ConfigFile = null, RequirementsFile = null }),
            ("double.mar", Everything() with { ConfigFile = null, RequirementsFile = null, ModelFile = null }),
            ("badretry.mar", Everything() with { SerializedFile = null, RequirementsFile = null, ModelFile = null }),
        ];
        foreach ((string reference, ArchiveParts parts) in pairs)
        {
            JsonObject theirs = Manifest(Path.Combine(store, reference));
            JsonObject ours = Manifest(Pack(parts, ArchiveLayout.Zip, overwrite: true));

            ours.Select(pair => pair.Key).ShouldBe(theirs.Select(pair => pair.Key));
            ours["model"]!.AsObject().Select(pair => pair.Key).ShouldBe(theirs["model"]!.AsObject().Select(pair => pair.Key), reference);
        }
    }

    [Theory]
    [InlineData(ArchiveLayout.Zip)]
    [InlineData(ArchiveLayout.Folder)]
    public void Create_ThereAlready_IsReplacedOnlyWhenAskedTo(ArchiveLayout layout)
    {
        string path = Pack(Everything(), layout);

        Refusal(Everything(), layout).ShouldContain("it is there already; --force replaces it");
        Pack(Everything() with { ModelVersion = "3.0" }, layout, overwrite: true).ShouldBe(path);

        using ModelArchive archive = ModelArchive.Open(path, folder.UnpackFolder);
        archive.Manifest.ModelVersion.ShouldBe("3.0");
        OnlyThis(Path.GetFileName(path));
    }

    [Fact]
    public void Create_FolderThatIsNoArchive_IsNeverReplaced()
    {
        Directory.CreateDirectory(Path.Combine(Export, "brain", "patients"));
        Directory.CreateDirectory(Path.Combine(Export, "brain.mar"));

        Refusal(Everything(), ArchiveLayout.Folder, overwrite: true).ShouldContain("it is no archive");
        Refusal(Everything(), ArchiveLayout.Zip, overwrite: true).ShouldContain("a folder of this name");
        Directory.Exists(Path.Combine(Export, "brain", "patients")).ShouldBeTrue();
    }

    [Fact]
    public void Create_FilesMissing_NamesThemAll()
    {
        ArchiveParts parts = Everything() with { SerializedFile = PackedFile.AtRoot("no.pt"), ConfigFile = PackedFile.AtRoot("no.yaml") };

        Refusal(parts).ShouldContain("'no.pt', 'no.yaml' are not there");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("../brain")]
    [InlineData(".hidden")]
    [InlineData("a..b")]
    [InlineData("a\nb")]
    [InlineData("h\u00E4m")]
    public void Create_NameUnfit_IsRefused(string name) =>
        Refusal(Everything() with { ModelName = name }).ShouldContain("cannot be a model's name; letters, digits");

    [Fact]
    public void Create_WhatReadersRefuse_IsRefusedInTheirWords()
    {
        folder.Write("bad.yaml", "batchSize: none\n");
        folder.Write("other/labels.json", "{}");

        Refusal(Everything() with { ModelVersion = "1/2" }).ShouldContain("modelVersion '1/2' must not have '/'");
        Refusal(Everything() with { ConfigFile = PackedFile.AtRoot(folder.PathOf("bad.yaml")) }).ShouldContain("batchSize must be a whole number");
        Refusal(Everything() with { ExtraFiles = [PackedFile.AtRoot(folder.PathOf("extra/labels.json")), PackedFile.AtRoot(folder.PathOf("other/labels.json"))] })
            .ShouldContain("would both be 'labels.json'");
        Refusal(Everything() with { ExtraFiles = [new PackedFile(folder.PathOf("weights.pt"), "../out")] }).ShouldContain("'..'");
        Refusal(Everything() with { ExtraFiles = [new PackedFile(folder.PathOf("weights.pt"), "MAR-INF/MANIFEST.json")] }).ShouldContain("occurs twice");
        Refusal(Everything() with { ExtraFiles = [PackedFile.AtRoot("/dev/null")] }).ShouldContain("a pipe or a device");
    }

    [Fact]
    public void Create_MoreThanTheLimits_IsRefused()
    {
        Refusal(Everything(), limits: new ArchiveLimits { MaxEntries = 3 }).ShouldContain("more than the 3 files");
        Refusal(Everything(), limits: new ArchiveLimits { MaxUnpackedBytes = 20 }).ShouldContain("more than the 20 bytes");
    }

    [Fact]
    public void Save_CompressesLikeABomb_IsRefusedAndTheWayOutWorks()
    {
        folder.Write("zeros.bin", new byte[80 << 20]);
        ArchiveParts parts = Everything() with { ExtraFiles = [PackedFile.AtRoot(folder.PathOf("zeros.bin"))] };

        Refusal(parts).ShouldContain("zip-store");

        using ModelArchive archive = ModelArchive.Open(Pack(parts, ArchiveLayout.StoredZip), folder.UnpackFolder);
        new FileInfo(archive.PathOf("zeros.bin")).Length.ShouldBe(80 << 20);
    }

    [Fact]
    public void Create_LinkInACircle_Ends()
    {
        folder.Write("extra/deep/er.txt", "deep");
        File.CreateSymbolicLink(folder.PathOf("extra/deep/again"), folder.PathOf("extra"));

        Refusal(Everything()).ShouldContain("folders deep");
    }

    [Fact]
    public void Create_FolderWithLeftovers_LeavesThemOut()
    {
        folder.Write("extra/__pycache__/handler.pyc", "x");
        folder.Write("extra/.git/config", "x");

        using ArchiveInspection inspection = ArchiveInspection.Open(Pack(Everything()), folder.UnpackFolder);

        inspection.Files.ShouldNotContain(file => file.Name.Contains("pycache", StringComparison.Ordinal) || file.Name.Contains(".git", StringComparison.Ordinal));
    }

    [Fact]
    public void Create_NoExportFolder_IsRefused() =>
        Should.Throw<ArchiveException>(() => ArchiveDraft.Create(Everything(), folder.PathOf("no-such"))).Message.ShouldContain("is not a folder");

    [Fact]
    public void Save_Cancelled_LeavesNothing()
    {
        using CancellationTokenSource cancelled = new();
        using (ArchiveDraft draft = ArchiveDraft.Create(Everything(), Export, cancellationToken: cancelled.Token))
        {
            cancelled.Cancel();
            Should.Throw<OperationCanceledException>(() => draft.Save(cancelled.Token));
        }

        OnlyThis();
    }

    private ArchiveParts Everything()
    {
        folder.Write("extra/labels.json", """{"0": "none"}""");
        folder.Write("extra/deep/er.txt", "deep");
        string At(string name, string content) => folder.Write(name, content);
        return new ArchiveParts
        {
            ModelName = "brain",
            ModelVersion = "2.1",
            Runtime = "python3",
            Handler = PackedHandler.Find(At("handler.py", "def run(data, context): pass\n") + ":run", []),
            SerializedFile = PackedFile.AtRoot(At("weights.pt", "weights")),
            ModelFile = PackedFile.AtRoot(At("model.py", "class Model: pass\n")),
            ConfigFile = PackedFile.AtRoot(At("config.yaml", "batchSize: 4\n")),
            RequirementsFile = PackedFile.AtRoot(At("requirements.txt", "numpy\n")),
            ExtraFiles = [PackedFile.AtRoot(folder.PathOf("extra")), PackedFile.AtRoot(folder.PathOf("extra/labels.json"))],
        };
    }

    private string Pack(ArchiveParts parts, ArchiveLayout layout = ArchiveLayout.Zip, bool overwrite = false, ArchiveLimits? limits = null)
    {
        using ArchiveDraft draft = ArchiveDraft.Create(parts, Export, layout, overwrite, limits, new FixedTime(Noon));
        return draft.Save();
    }

    private string Refusal(ArchiveParts parts, ArchiveLayout layout = ArchiveLayout.Zip, bool overwrite = false, ArchiveLimits? limits = null)
    {
        string[] before = Directory.GetFileSystemEntries(Export, "*", SearchOption.AllDirectories);
        string message = Should.Throw<ArchiveException>(() => Pack(parts, layout, overwrite, limits)).Message;
        Directory.GetFileSystemEntries(Export, "*", SearchOption.AllDirectories).ShouldBe(before);
        message.ShouldNotContain("\n");
        return message;
    }

    private void OnlyThis(params string[] names) => Directory.GetFileSystemEntries(Export).Select(Path.GetFileName).ShouldBe(names);

    private static JsonObject Manifest(string path)
    {
        using ZipArchive zip = ZipFile.OpenRead(path);
        using Stream manifest = zip.GetEntry("MAR-INF/MANIFEST.json").ShouldNotBeNull().Open();
        return JsonNode.Parse(manifest)!.AsObject();
    }

    private static string Python(params string[] args)
    {
        ProcessStartInfo start = new("/usr/bin/python3", ["-c", .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process python = Process.Start(start)!;
        Task<string> errors = python.StandardError.ReadToEndAsync();
        string output = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        python.ExitCode.ShouldBe(0, errors.Result);
        return output;
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
