namespace Eisen.Serve.Archive.Tests.Unpacking;

public sealed class TarUnpackerTests : IDisposable
{
    private readonly ArchiveFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData('1', "a hard link")]
    [InlineData('2', "a symbolic link")]
    [InlineData('3', "a device")]
    [InlineData('4', "a device")]
    [InlineData('6', "a pipe")]
    [InlineData('7', "neither a plain file nor a folder")]
    [InlineData('S', "neither a plain file nor a folder")]
    [InlineData('?', "neither a plain file nor a folder")]
    public void Unpack_EntryOfAnotherType_IsRefused(char type, string description) =>
        folder.Refusal("a.tgz", TarBytes.WithManifest().Add("evil", type: type, link: "/etc/passwd").Gzipped())
            .ShouldBe($"a.tgz: entry 'evil' is {description}, which is refused.");

    [Fact]
    public void Unpack_LinkWithALongTarget_IsRefused()
    {
        byte[] tar = TarBytes.WithManifest().Add("././@LongLink", new string('x', 200), type: 'K').Add("evil", type: '2').Gzipped();

        folder.Refusal("a.tgz", tar).ShouldContain("'evil' is a symbolic link");
    }

    [Theory]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('L')]
    [InlineData('K')]
    public void Unpack_GiantExtendedHeader_IsRefusedWithoutReadingIt(char type)
    {
        byte[] tar = TarBytes.WithManifest().Add("pax", type: type, size: "77777777777").Add("a").Gzipped();

        folder.Refusal("a.tgz", tar).ShouldBe("a.tgz: the tar in it is damaged: an extended header is longer than 1048576 bytes.");
    }

    [Fact]
    public void Unpack_GiantSizes_AreTruncationsAndNotAllocations()
    {
        byte[] base256 = [0x80, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        const string Truncated = "a.tgz: the gzip'd tar is truncated, or something stands behind its end.";

        folder.Refusal("a.tgz", TarBytes.WithManifest().AddPax("size=9223372036854775807").Add("evil").Gzipped()).ShouldBe(Truncated);
        folder.Refusal("a.tgz", TarBytes.WithManifest().Add("evil", size: "77777777777").Gzipped()).ShouldBe(Truncated);
        folder.Refusal("a.tgz", TarBytes.WithManifest().Add("evil", rawSize: base256).Gzipped()).ShouldBe(Truncated);
    }

    [Theory]
    [InlineData("size=99999999999999999999", "an extended header holds the size")]
    [InlineData("size=-1", "an extended header holds the size")]
    [InlineData("size=0x10", "an extended header holds the size")]
    [InlineData("GNU.sparse.major=1", "a file with holes")]
    public void Unpack_PaxRecordThatMakesNoSense_IsRefused(string record, string fault) =>
        folder.Refusal("a.tgz", TarBytes.WithManifest().AddPax(record).Add("evil").Gzipped()).ShouldContain(fault);

    [Theory]
    [InlineData("")]
    [InlineData("x path=a\n")]
    [InlineData("99 path=a\n")]
    [InlineData("7 path=a\n")]
    [InlineData("10 path=a ")]
    [InlineData("5 =a\n")]
    [InlineData("0 path=a\n")]
    [InlineData("-9 path=a\n")]
    [InlineData("99999999999 path=a\n")]
    [InlineData("pathpathpath")]
    public void Unpack_DamagedPaxHeader_IsRefused(string records)
    {
        byte[] tar = TarBytes.WithManifest().Add("pax", records, type: 'x').Add("evil\u0001").Gzipped();

        folder.Refusal("a.tgz", tar).ShouldContain(records.Length == 0 ? "control character" : "an extended header is damaged");
    }

    [Theory]
    [InlineData("path=evil")]
    [InlineData("size=5")]
    public void Unpack_GlobalHeaderThatRenamesOrResizes_IsRefused(string record)
    {
        byte[] tar = TarBytes.WithManifest().Add("pax", TarBytes.Record(record), type: 'g').Add("a").Gzipped();

        folder.Refusal("a.tgz", tar).ShouldContain("a global header sets a name or a size");
    }

    [Fact]
    public void Unpack_SizesAndNamesFromExtensions_AreUsed()
    {
        byte[] tar = TarBytes.WithManifest("m/")
            .Add("pax", TarBytes.Record("comment=by git"), type: 'g')
            .AddPax("path=m/ünï.txt", "mtime=1.5").Add("short", "one")
            .AddPax("size=3").Add("m/sized", "two", size: "00000000000")
            .Add("././@LongLink", "m/" + new string('n', 150) + "\0", type: 'L').Add("m/nnn", "three")
            .Add("m/base256", "four", rawSize: [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4])
            .Gzipped();
        using ModelArchive archive = folder.Open("m.tar.gz", tar);

        File.ReadAllText(archive.PathOf("ünï.txt")).ShouldBe("one");
        File.ReadAllText(archive.PathOf("sized")).ShouldBe("two");
        File.ReadAllText(archive.PathOf(new string('n', 150))).ShouldBe("three");
        File.ReadAllText(archive.PathOf("base256")).ShouldBe("four");
    }

    [Fact]
    public void Unpack_NamesThatStartInTheCurrentFolder_LoseIt()
    {
        byte[] tar = new TarBytes().Add("./", type: '5').Add("./MAR-INF/", type: '5')
            .Add("./MAR-INF/MANIFEST.json", ArchiveFolder.Manifest).Add("././a.py", "x").Gzipped();
        using ModelArchive archive = folder.Open("m.tgz", tar);

        File.ReadAllText(archive.PathOf("a.py")).ShouldBe("x");
    }

    [Fact]
    public void Unpack_NamesThatClimbBehindTheCurrentFolder_AreRefused() =>
        folder.Refusal("a.tgz", TarBytes.WithManifest().Add("./../evil", "x").Gzipped()).ShouldContain("has '..' in its path");

    [Fact]
    public void Unpack_FolderWithData_IsRefused() =>
        folder.Refusal("a.tgz", TarBytes.WithManifest().Add("evil/", "data", type: '5').Gzipped()).ShouldContain("both a file and a folder");

    [Theory]
    [InlineData("9999")]
    [InlineData("-0000000001")]
    [InlineData("abc")]
    public void Unpack_SizeThatIsNoNumber_IsRefused(string size) =>
        folder.Refusal("a.tgz", TarBytes.WithManifest().Add("evil", size: size).Gzipped()).ShouldContain("something that is not a number");

    [Fact]
    public void Unpack_NumberBeyond63Bits_IsRefused()
    {
        byte[] tooLarge = [0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] negative = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

        folder.Refusal("a.tgz", TarBytes.WithManifest().Add("evil", rawSize: tooLarge).Gzipped()).ShouldContain("a number that is too large");
        folder.Refusal("a.tgz", TarBytes.WithManifest().Add("evil", rawSize: negative).Gzipped()).ShouldContain("not a number");
    }

    [Fact]
    public void Unpack_GzipOfSomethingElse_IsRefused() =>
        folder.Refusal("a.tgz", TarBytes.Gzip(new string('x', 2000).Select(c => (byte)c).ToArray())).ShouldContain("the tar in it is damaged");

    [Fact]
    public void Unpack_NoEndMark_SaysTruncated() =>
        folder.Refusal("a.tgz", TarBytes.WithManifest().Gzipped(withEnd: false)).ShouldContain("is truncated");

    [Fact]
    public void Unpack_SomethingBehindTheGzip_IsRefused()
    {
        byte[] tar = TarBytes.WithManifest().Gzipped();

        folder.Refusal("a.tgz", [.. tar, 0, 0, 0, 0]).ShouldContain("something stands behind its end");
        folder.Refusal("a.tgz", [.. tar, .. TarBytes.Gzip([1])]).ShouldContain("something stands behind its end");
    }

    [Fact]
    public void Unpack_WrongGzipChecksum_IsRefused()
    {
        byte[] tar = TarBytes.WithManifest().Gzipped();
        tar[^8] ^= 1;

        folder.Refusal("a.tgz", tar).ShouldBe("a.tgz: its gzip data is damaged.");
    }

    [Fact]
    public void Unpack_NameThatIsNotUtf8_IsRefused()
    {
        TarBytes tar = TarBytes.WithManifest().Add("././@LongLink", "evil\uD800", type: 'L').Add("a");
        Should.Throw<InvalidDataException>(() => TarHeader.ReadText([.. "evil"u8, 0xFF])).Message.ShouldBe("a name is not UTF-8");

        // The lone surrogate was written as the replacement character.
        folder.Refusal("a.tgz", tar.Gzipped()).ShouldContain("not valid text");
    }
}
