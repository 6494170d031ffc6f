namespace Eisen.Serve.Archive.Tests.Unpacking;

public sealed class EntryNamesTests : IDisposable
{
    private readonly ArchiveFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string> RefusedNames => new()
    {
        { "../evil", "has '..' in its path" },
        { "a/../../evil", "has '..' in its path" },
        { "a/..", "has '..' in its path" },
        { "/evil", "has an absolute path" },
        { "//evil", "has an absolute path" },
        { "C:\\evil", "has a colon in its name" },
        { "C:evil", "has a colon in its name" },
        { "\\\\host\\evil", "has a backslash in its name" },
        { "a\\..\\evil", "has a backslash in its name" },
        { "a//evil", "has an empty component in its path" },
        { "evil\n2026-11-22 ERROR forged", "has a control character in its name" },
        { "evil\u0085", "has a control character in its name" },
        { "evil\u001b[31m", "has a control character in its name" },
        { "evil\u007f", "has a control character in its name" },
        { "./evil", "has a component that ends with a dot or a space" },
        { "evil.", "has a component that ends with a dot or a space" },
        { "evil ", "has a component that ends with a dot or a space" },
        { "evil /a", "has a component that ends with a dot or a space" },
        { "...", "has a component that ends with a dot or a space" },
        { "CON", "is the name of a device on Windows" },
        { "nul", "is the name of a device on Windows" },
        { "a/AUX.txt", "is the name of a device on Windows" },
        { "prn .x.y", "is the name of a device on Windows" },
        { "Com1.log", "is the name of a device on Windows" },
        { "LPT9/evil", "is the name of a device on Windows" },
        { "com\u00b2", "is the name of a device on Windows" },
        { "conin$", "is the name of a device on Windows" },
        { "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/evil", "lies more than 16 folders deep" },
        { string.Concat(Enumerable.Repeat("evil0/", 100)) + "x", "is longer than 512 characters" },
        { new string('e', 256), "has a component longer than 255 bytes" },
        { new string('\u00e9', 128), "has a component longer than 255 bytes" },
    };

    [Theory]
    [MemberData(nameof(RefusedNames))]
    public void Unpack_ZipWithRefusedName_NamesTheReason(string name, string reason) =>
        folder.Refusal("a.mar", ArchiveFolder.ZipWith((name, "evil"))).ShouldContain(reason);

    [Theory]
    [MemberData(nameof(RefusedNames))]
    public void Unpack_TarWithRefusedName_NamesTheReason(string name, string reason)
    {
        // A leading "./" is what tar writes for the current folder, and is taken off.
        if (name == "./evil")
            return;
        byte[] tar = TarBytes.WithManifest().AddPax("path=" + name).Add("short", "evil").Gzipped();
        folder.Refusal("a.tgz", tar).ShouldContain(reason);
    }

    [Fact]
    public void Unpack_NameWithNul_IsRefused()
    {
        folder.Refusal("a.mar", ArchiveFolder.ZipWith(("evil\0.txt", ""))).ShouldContain(@"'evil\u0000.txt' has a control character");
        folder.Refusal("a.tgz", TarBytes.WithManifest().AddPax("path=evil\0.txt").Add("b").Gzipped()).ShouldContain("a name has a NUL in it");
    }

    [Fact]
    public void Unpack_OrdinaryNames_PassUnchanged()
    {
        string[] names = ["a b/ü.txt", "console.py", "com10.txt", ".hidden", "..x", "x..y", "null", "日本/モデル.pt", "COMA"];
        using ModelArchive archive = folder.Open("a.mar", ArchiveFolder.ZipWith([.. names.Select(name => (name, name))]));

        foreach (string name in names)
            File.ReadAllText(archive.PathOf(name)).ShouldBe(name);
    }

    [Theory]
    [InlineData("evil", "evil", "'evil' occurs twice")]
    [InlineData("evil/", "evil/", "'evil' occurs twice")]
    [InlineData("evil", "EVIL", "'evil' and 'EVIL' differ only in case")]
    [InlineData("evil/a", "Evil/b", "'evil' and 'Evil' differ only in case")]
    [InlineData("\u00e9vil", "\u00c9vil", "differ only in case")]
    [InlineData("evil", "evil/a", "'evil' is both a file and a folder")]
    [InlineData("evil/a", "evil", "'evil' is both a file and a folder")]
    [InlineData("mar-inf/MANIFEST.json", "x", "differ only in case")]
    public void Unpack_NamesThatMeet_AreRefused(string first, string second, string reason)
    {
        folder.Refusal("a.mar", ArchiveFolder.ZipWith((first, ""), (second, ""))).ShouldContain(reason);
        byte[] tar = TarBytes.WithManifest().Add(first, type: TypeOf(first)).Add(second, type: TypeOf(second)).Gzipped();
        folder.Refusal("a.tgz", tar).ShouldContain(reason);

        static char TypeOf(string name) => name.EndsWith('/') ? '5' : '0';
    }

    [Fact]
    public void Unpack_FolderEntryAfterItsFiles_IsFine()
    {
        using ModelArchive archive = folder.Open("a.mar", ArchiveFolder.ZipWith(("a/b", "x"), ("a/", ""), ("c/", ""), ("c/d", "")));

        File.Exists(archive.PathOf("a/b")).ShouldBeTrue();
        Directory.Exists(archive.PathOf("c")).ShouldBeTrue();
    }

    [Fact]
    public void Unpack_LongNameInAMessage_IsShortened()
    {
        string message = folder.Refusal("a.mar", ArchiveFolder.ZipWith((new string('x', 5000), "")));

        message.Length.ShouldBeLessThan(250);
        message.ShouldContain("xxx...xxx");
    }

    [Fact]
    public void Unpack_NamesThatAreNotText_AreRefused()
    {
        byte[] zip = ArchiveFolder.ZipWith(("evilA", ""));
        for (int at; (at = zip.AsSpan().IndexOf("evilA"u8)) >= 0;)
            zip[at + 4] = 0xFF;
        folder.Refusal("a.mar", zip).ShouldContain("has a name that is not valid text");
    }

    [Fact]
    public void Unpack_DeepestNameThatIsAllowed_Passes()
    {
        string name = string.Join('/', Enumerable.Repeat("d", 16));
        using ModelArchive archive = folder.Open("a.mar", ArchiveFolder.ZipWith((name, "deep")));

        File.ReadAllText(archive.PathOf(name)).ShouldBe("deep");
    }
}
