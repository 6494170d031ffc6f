namespace Eisen.Serve.Archive.Tests.Manifest;

public sealed class ManifestReaderTests : IDisposable
{
    private readonly ArchiveFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Read_LeastManifest_HasDefaults()
    {
        using ModelArchive archive = Open("""{"model":{"modelName":"m","modelVersion":"1.0","handler":null,"modelFile":""}}""");

        archive.Manifest.Runtime.ShouldBe("python");
        archive.Manifest.CreatedOn.ShouldBeNull();
        archive.Manifest.Handler.ShouldBeNull();
        archive.Manifest.HandlerFile.ShouldBeNull();
        archive.Manifest.ModelFile.ShouldBeNull();
        archive.Manifest.ExtraFiles.ShouldBeEmpty();
        archive.Config.ShouldBeNull();
    }

    [Theory]
    [InlineData("\"a.json, b/c.txt\"")]
    [InlineData("[\"a.json\", \"b/c.txt\"]")]
    public void Read_ExtraFiles_AreATextOrAList(string written)
    {
        using ModelArchive archive = Open($$$"""{"model":{"modelName":"m","modelVersion":"1","extraFiles":{{{written}}} }}""");

        archive.Manifest.ExtraFiles.ShouldBe(["a.json", "b/c.txt"]);
    }

    [Fact]
    public void Read_ByteOrderMark_IsSkipped()
    {
        using ModelArchive archive = Open("\uFEFF" + ArchiveFolder.Manifest);

        archive.Manifest.ModelName.ShouldBe("digits");
    }

    [Theory]
    [InlineData("image_classifier", null)]
    [InlineData("my.py_thing", null)]
    [InlineData("handler.py", "handler.py")]
    [InlineData("handler.py:handle", "handler.py")]
    [InlineData("sub/handler.py:handle.py", "sub/handler.py:handle.py")]
    public void HandlerFile_Handler_IsItsPythonFile(string handler, string? file) =>
        new ArchiveManifest { ModelName = "m", ModelVersion = "1", Handler = handler }.HandlerFile.ShouldBe(file);

    [Theory]
    [InlineData("""{"model":{"modelVersion":"1"}}""", "modelName is missing.")]
    [InlineData("""{"model":{"modelName":"m"}}""", "modelVersion is missing.")]
    [InlineData("""{"model":{"modelName":null}}""", "modelName is missing; modelVersion is missing.")]
    [InlineData("""{"model":{"modelName":7,"modelVersion":1.0}}""", "modelName must be a string, not a number; modelVersion must be a string, not a number.")]
    [InlineData("""{"model":{"modelName":"","modelVersion":" "}}""", "modelName is empty; modelVersion is empty.")]
    [InlineData("""{"createdOn":{},"model":{"modelName":"m","modelVersion":"1","handler":["h.py"]}}""", "createdOn must be a string, not an object; handler must be a string, not a list.")]
    [InlineData("""{"model":{"modelName":"m","modelVersion":"1","extraFiles":["a",true]}}""", "extraFiles must be a list of strings, but has a boolean in it.")]
    [InlineData("""{"runtime":"python"}""", "model is missing.")]
    [InlineData("""{"model":"m"}""", "model must be an object, not a string.")]
    [InlineData("[]", "it must be an object, not a list.")]
    [InlineData("null", "it must be an object, not null.")]
    public void Read_Mistakes_AreNamed(string json, string fault) =>
        folder.RefusalOfManifest(json).ShouldBe($"model.mar: MAR-INF/MANIFEST.json: {fault}");

    [Theory]
    [InlineData("a/b")]
    [InlineData("a\\\\b")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData("a\\\"b")]
    [InlineData("a'b")]
    [InlineData("a\\nb")]
    [InlineData("a\\u202eb")]
    [InlineData("\\u0000")]
    public void Read_NamesThatCannotBeTrusted_AreRefused(string name)
    {
        folder.RefusalOfManifest($$$"""{"model":{"modelName":"{{{name}}}","modelVersion":"1"}}""").ShouldContain("modelName '");
        folder.RefusalOfManifest($$$"""{"model":{"modelName":"m","modelVersion":"{{{name}}}"}}""").ShouldContain("modelVersion '");
    }

    [Fact]
    public void Read_LongName_IsRefused()
    {
        string name = new('n', 129);
        folder.RefusalOfManifest($$$"""{"model":{"modelName":"{{{name}}}","modelVersion":"1"}}""").ShouldContain("is longer than 128 characters");
        Open($$$"""{"model":{"modelName":"{{{name[1..]}}}","modelVersion":"1"}}""").Dispose();
    }

    [Theory]
    [InlineData("""{"model":{"modelName":"x""")]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("""{"model":{"modelName":"m","modelName":"n","modelVersion":"1"}}""")]
    [InlineData("""{"model":{"modelName":"\ud800","modelVersion":"1"}}""")]
    public void Read_NoJson_SaysSo(string json) =>
        folder.RefusalOfManifest(json).ShouldStartWith("model.mar: MAR-INF/MANIFEST.json is not valid JSON: ");

    [Fact]
    public void Read_DeepOrLarge_IsRefused()
    {
        folder.RefusalOfManifest(new string('[', 100_000)).ShouldContain("is not valid JSON");
        folder.RefusalOfManifest(new string(' ', (1 << 20) + 1)).ShouldContain("is larger than the 1048576 bytes that are allowed");
        folder.RefusalOfManifest("{\"" + new string('x', 500_000) + "\":1,\"" + new string('x', 500_000) + "\":2}").Length.ShouldBeLessThan(5000);
    }

    [Theory]
    [InlineData("serializedFile", "gone.pt", "'gone.pt' is not in the archive.")]
    [InlineData("handler", "gone.py", "'gone.py' is not in the archive.")]
    [InlineData("handler", "gone.py:handle", "'gone.py' is not in the archive.")]
    [InlineData("modelFile", "gone.py", "'gone.py' is not in the archive.")]
    [InlineData("configFile", "gone.yaml", "'gone.yaml' is not in the archive.")]
    [InlineData("serializedFile", "../evil.pt", "'../evil.pt' leaves the archive.")]
    [InlineData("configFile", "/etc/passwd", "'/etc/passwd' leaves the archive.")]
    [InlineData("modelFile", "MAR-INF", "'MAR-INF' is a folder, not a file.")]
    public void Open_NamedFileThatIsNotThere_IsNamed(string property, string file, string fault) =>
        folder.RefusalOfManifest($$$"""{"model":{"modelName":"m","modelVersion":"1","{{{property}}}":"{{{file}}}"}}""")
            .ShouldBe($"model.mar: the manifest's {property} {fault}");

    private ModelArchive Open(string json) => folder.Open("model.mar", ArchiveFolder.Zip(("MAR-INF/MANIFEST.json", json)));
}
