using System.Buffers.Binary;
using System.IO.Compression;

namespace Eisen.Serve.Archive.Tests.Unpacking;

public sealed class ZipUnpackerTests : IDisposable
{
    private readonly ArchiveFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0xA1FF, "is a symbolic link")]
    [InlineData(0x11A4, "is neither a plain file nor a folder")]
    [InlineData(0x21A4, "is neither a plain file nor a folder")]
    [InlineData(0x61A4, "is neither a plain file nor a folder")]
    [InlineData(0xC1A4, "is neither a plain file nor a folder")]
    [InlineData(0x41ED, "is both a file and a folder")]
    public void Unpack_EntryOfAnotherType_IsRefused(int mode, string reason) =>
        folder.Refusal("a.mar", ZipOfMode("evil", mode, "/etc/passwd")).ShouldContain($"entry 'evil' {reason}");

    [Fact]
    public void Unpack_FolderThatIsAFile_IsRefused()
    {
        folder.Refusal("a.mar", ZipOfMode("evil/", 0x81A4, "")).ShouldContain("'evil/' is both a file and a folder");
        folder.Refusal("a.mar", ZipOfMode("evil/", 0x41ED, "data")).ShouldContain("'evil/' is both a file and a folder");
        folder.Refusal("a.mar", ZipOfMode("evil/", 0xA1FF, "")).ShouldContain("'evil/' is a symbolic link");
    }

    [Theory]
    [InlineData(0x0180)] // What Python's zipfile writes for an entry from memory.
    [InlineData(0x81ED)]
    public void Unpack_PlainFile_Passes(int mode)
    {
        using ModelArchive archive = folder.Open("a.mar", ZipOfMode("fine", mode, "fine"));

        File.ReadAllText(archive.PathOf("fine")).ShouldBe("fine");
    }

    [Fact]
    public void Unpack_EncryptedEntry_IsRefused()
    {
        byte[] zip = ArchiveFolder.ZipWith(("secret.pt", "x"));
        zip[DirectoryEntryOf(zip, "secret.pt") + 8] |= 1;

        folder.Refusal("a.mar", zip).ShouldBe("a.mar: entry 'secret.pt' is encrypted, which is not supported.");
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void Unpack_WrongChecksum_IsRefused(CompressionLevel level)
    {
        byte[] zip = ZipOf("weights.pt", level);
        zip[DirectoryEntryOf(zip, "weights.pt") + 16] ^= 1;

        folder.Refusal("a.mar", zip).ShouldBe("a.mar: entry 'weights.pt' is damaged: its checksum is wrong.");
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression, 10)]
    [InlineData(CompressionLevel.NoCompression, 100_000)]
    [InlineData(CompressionLevel.Optimal, 10)]
    [InlineData(CompressionLevel.Optimal, 100_000)]
    public void Unpack_LyingLength_IsRefused(CompressionLevel level, int length)
    {
        byte[] zip = ZipOf("weights.pt", level);
        BinaryPrimitives.WriteInt32LittleEndian(zip.AsSpan(DirectoryEntryOf(zip, "weights.pt") + 24), length);

        folder.Refusal("a.mar", zip).ShouldContain("'weights.pt' is damaged");
    }

    [Fact]
    public void Unpack_ManySmallLyingLengths_StillCountsWhatComesOut()
    {
        byte[] zip = ZipOf("weights.pt", CompressionLevel.NoCompression);
        BinaryPrimitives.WriteInt32LittleEndian(zip.AsSpan(DirectoryEntryOf(zip, "weights.pt") + 24), 0);

        folder.Refusal("a.mar", zip, new ArchiveLimits { MaxUnpackedBytes = 1000 }).ShouldContain("more than the 1000 bytes");
    }

    [Fact]
    public void Unpack_UnknownCompression_IsRefused()
    {
        byte[] zip = ArchiveFolder.ZipWith(("weights.pt", "x"));
        zip[DirectoryEntryOf(zip, "weights.pt") + 10] = 12;

        folder.Refusal("a.mar", zip).ShouldContain("entry 'weights.pt' cannot be read");
    }

    [Fact]
    public void Unpack_MoreThanTheDiskHolds_IsRefusedBeforehand()
    {
        // 2^60 bytes, in the zip64 field that the length refers to.
        byte[] zip = ZipWithZip64Length(1L << 60);

        folder.Refusal("a.mar", zip, new ArchiveLimits { MaxUnpackedBytes = long.MaxValue })
            .ShouldMatch(@"^a\.mar: unpacking needs 1073741824 GiB, and the disk of the unpack folder has [0-9.]+ .iB free\.$");
        folder.Refusal("a.mar", zip).ShouldContain("unpacks to more than the 16 GiB that are allowed");
    }

    private static byte[] ZipWithZip64Length(long length)
    {
        byte[] zip = ArchiveFolder.ZipWith(("big.pt", "x"));
        int entry = DirectoryEntryOf(zip, "big.pt");
        int end = zip.AsSpan().LastIndexOf("PK\x5\x6"u8);
        int extraAt = entry + 46 + "big.pt".Length;
        byte[] extra = new byte[12];
        extra[0] = 1;
        extra[2] = 8;
        BinaryPrimitives.WriteInt64LittleEndian(extra.AsSpan(4), length);
        BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(entry + 24), uint.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(zip.AsSpan(entry + 30), (ushort)extra.Length);
        zip[end + 12] += (byte)extra.Length;
        return [.. zip[..extraAt], .. extra, .. zip[extraAt..]];
    }

    private static byte[] ZipOf(string name, CompressionLevel level)
    {
        MemoryStream stream = new(ArchiveFolder.ZipWith());
        MemoryStream copy = new();
        stream.CopyTo(copy);
        using (ZipArchive zip = new(copy, ZipArchiveMode.Update, leaveOpen: true))
        using (Stream entry = zip.CreateEntry(name, level).Open())
        {
            byte[] content = new byte[5000];
            new Random(1).NextBytes(content.AsSpan(0, 2000));
            entry.Write(content);
        }

        return copy.ToArray();
    }

    private static byte[] ZipOfMode(string name, int mode, string content)
    {
        MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using (StreamWriter manifest = new(zip.CreateEntry("MAR-INF/MANIFEST.json").Open()))
                manifest.Write(ArchiveFolder.Manifest);
            ZipArchiveEntry entry = zip.CreateEntry(name);
            entry.ExternalAttributes = mode << 16;
            using StreamWriter writer = new(entry.Open());
            writer.Write(content);
        }

        return stream.ToArray();
    }

    private static int DirectoryEntryOf(byte[] zip, string name) =>
        zip.AsSpan().LastIndexOf(System.Text.Encoding.UTF8.GetBytes(name)) - 46;
}
