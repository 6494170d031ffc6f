namespace Eisen.Serve.Archive.Tests.Packing;

public sealed class EisenServingMarTests : IDisposable
{
    private const string Metadata = """{"inputs": [{"name": "x", "type": "ndarray", "shape": [-1]}], "outputs": []}""";

    private readonly ArchiveFolder folder = new();

    public EisenServingMarTests()
    {
        folder.Write("module.pt", "module");
        folder.Write("before.json", "[]");
        folder.Write("after.pt", "script");
        folder.Write("about.json", Metadata);
        folder.Write("notes.txt", "notes");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Pack_Model_HasTheFilesThatTheHandlerLooksFor()
    {
        EisenServingMar mar = new(folder.PathOf("before.json"), folder.PathOf("after.pt"), folder.PathOf("about.json"));

        string path = mar.Pack(folder.PathOf("module.pt"), folder.PathOf(""), "brain", "1.0", [folder.PathOf("notes.txt")]);

        path.ShouldBe(folder.PathOf("brain.mar"));
        using ModelArchive archive = ModelArchive.Open(path, folder.UnpackFolder);
        archive.Manifest.Handler.ShouldBe("eisen");
        archive.Manifest.SerializedFile.ShouldBe("model.pt");
        File.ReadAllText(archive.PathOf("model.pt")).ShouldBe("module");
        File.ReadAllText(archive.PathOf("pre_process.json")).ShouldBe("[]");
        File.ReadAllText(archive.PathOf("post_process.pt")).ShouldBe("script");
        File.ReadAllText(archive.PathOf("metadata.json")).ShouldBe(Metadata);
        File.ReadAllText(archive.PathOf("notes.txt")).ShouldBe("notes");
    }

    [Fact]
    public void Pack_NoTransformsAndAnotherHandler_HasNeither()
    {
        EisenServingMar mar = new(null, null, folder.PathOf("about.json"), "tensor");

        using ModelArchive archive = ModelArchive.Open(mar.Pack(folder.PathOf("module.pt"), folder.PathOf(""), "brain", "1.0"), folder.UnpackFolder);

        archive.Manifest.Handler.ShouldBe("tensor");
        Directory.GetFiles(archive.Folder).Select(Path.GetFileName).Order().ShouldBe(["metadata.json", "model.pt"]);
    }

    [Fact]
    public void Pack_ThereAlready_IsRefused()
    {
        EisenServingMar mar = new(null, null, folder.PathOf("about.json"));
        folder.Write("brain.mar", "mine");

        Should.Throw<ArchiveException>(() => mar.Pack(folder.PathOf("module.pt"), folder.PathOf(""), "brain", "1.0"));

        File.ReadAllText(folder.PathOf("brain.mar")).ShouldBe("mine");
    }

    [Fact]
    public void Pack_MetadataWrong_WritesNothing()
    {
        folder.Write("wrong.json", "{}");
        EisenServingMar mar = new(null, null, folder.PathOf("wrong.json"));

        Should.Throw<ArchiveException>(() => mar.Pack(folder.PathOf("module.pt"), folder.PathOf(""), "brain", "1.0")).Message.ShouldContain("metadata.json: 'inputs' must be");

        File.Exists(folder.PathOf("brain.mar")).ShouldBeFalse();
    }
}
