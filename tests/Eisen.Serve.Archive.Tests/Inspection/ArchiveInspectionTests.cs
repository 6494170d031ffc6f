using System.Text;

namespace Eisen.Serve.Archive.Tests.Inspection;

public sealed class ArchiveInspectionTests : IDisposable
{
    private readonly ArchiveFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Open_EverythingWrongAtOnce_TellsAll()
    {
        const string manifest = """{"model": {"modelName": "m", "modelVersion": "1", "serializedFile": "m.pt", "handler": "h.py", "requirementsFile": "r.txt", "configFile": "c.yaml"}}""";
        byte[] zip = ArchiveFolder.Zip(("MAR-INF/MANIFEST.json", manifest), ("c.yaml", "batchSize: 0"));

        using ArchiveInspection inspection = Inspect("m.mar", zip);

        inspection.Manifest!.ModelName.ShouldBe("m");
        inspection.Problems.Count.ShouldBe(4);
        inspection.Problems[0].ShouldContain("serializedFile 'm.pt' is not in the archive");
        inspection.Problems[1].ShouldContain("handler 'h.py'");
        inspection.Problems[2].ShouldContain("requirementsFile 'r.txt'");
        inspection.Problems[3].ShouldContain("batchSize must be a whole number");
    }

    [Fact]
    public void Open_NoManifest_StillListsTheFiles()
    {
        using ArchiveInspection inspection = Inspect("m.mar", ArchiveFolder.Zip(("a/b.txt", "12345"), ("a/c.txt", "")));

        inspection.Manifest.ShouldBeNull();
        inspection.Files.ShouldBe([new ArchiveEntry("b.txt", 5), new ArchiveEntry("c.txt", 0)]);
        inspection.Problems.ShouldHaveSingleItem().ShouldContain("MANIFEST.json is missing");
    }

    [Theory]
    [InlineData("")]
    [InlineData("this is a letter")]
    [InlineData("PK\u0003\u0004 cut off")]
    public void Open_NoArchive_SaysWhy(string content)
    {
        using ArchiveInspection inspection = Inspect("m.mar", Encoding.UTF8.GetBytes(content));

        inspection.Kind.ShouldBeNull();
        inspection.Files.ShouldBeEmpty();
        inspection.Problems.ShouldHaveSingleItem().ShouldNotBeEmpty();
    }

    [Fact]
    public void Open_NoFile_SaysSo()
    {
        using ArchiveInspection inspection = ArchiveInspection.Open(folder.PathOf("no.mar"), folder.UnpackFolder);

        inspection.Problems.ShouldHaveSingleItem().ShouldBe("the file does not exist.");
        inspection.FileLength.ShouldBeNull();
    }

    [Fact]
    public void Open_FolderWithMoreFilesThanAllowed_SaysSoAndGoesOn()
    {
        folder.Write("m/MAR-INF/MANIFEST.json", ArchiveFolder.Manifest);
        folder.Write("m/a", "1");
        folder.Write("m/b", "2");

        using ArchiveInspection inspection = ArchiveInspection.Open(folder.PathOf("m"), folder.UnpackFolder, new ArchiveLimits { MaxEntries = 2 });

        inspection.Problems.ShouldHaveSingleItem().ShouldContain("more than the 2 files");
        inspection.Manifest!.ModelName.ShouldBe("digits");
    }

    [Fact]
    public void PathOf_WhatLeadsOutside_IsNull()
    {
        using ArchiveInspection inspection = Inspect("m.mar", ArchiveFolder.ZipWith(("a.txt", "1")));

        inspection.PathOf("a.txt").ShouldNotBeNull();
        inspection.PathOf("../a.txt").ShouldBeNull();
        inspection.PathOf("/etc/passwd").ShouldBeNull();
        inspection.PathOf("b.txt").ShouldBeNull();
    }

    [Fact]
    public void Dispose_Always_LeavesNothing()
    {
        Inspect("m.mar", ArchiveFolder.ZipWith(("a.txt", "1"))).Dispose();

        folder.ShouldHoldNothing();
    }

    private ArchiveInspection Inspect(string name, byte[] content) => ArchiveInspection.Open(folder.Write(name, content), folder.UnpackFolder);
}
