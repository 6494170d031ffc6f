namespace Eisen.Serve.Archive.Tests.Packing;

public sealed class PackedHandlerTests : IDisposable
{
    private readonly ArchiveFolder folder = new();

    public PackedHandlerTests() => folder.Write("my/handler.py", "");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("my/handler.py", "handler.py")]
    [InlineData("my/handler", "handler.py")]
    [InlineData("my/handler:run", "handler.py:run")]
    [InlineData("my/handler.py:run", "handler.py:run")]
    [InlineData("my/missing.py", "missing.py")]
    public void Find_PythonFile_GoesIntoTheArchive(string given, string name)
    {
        PackedHandler handler = PackedHandler.Find(folder.PathOf(given), ["image_classifier"]);

        handler.Name.ShouldBe(name);
        handler.File!.Name.ShouldBe(name.Split(':')[0]);
        handler.File.Path.ShouldStartWith(folder.PathOf("my"));
    }

    [Theory]
    [InlineData("image_classifier")]
    [InlineData("no_such_handler")]
    public void Find_NoFile_IsAName(string given) => PackedHandler.Find(given, ["image_classifier"]).ShouldBe(new PackedHandler(given));

    [Fact]
    public void Find_BuiltInNameWithAFileBesideIt_IsBuiltIn() =>
        PackedHandler.Find(folder.PathOf("my/handler"), [folder.PathOf("my/handler")]).File.ShouldBeNull();
}
