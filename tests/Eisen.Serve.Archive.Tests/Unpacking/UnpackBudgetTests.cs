using System.IO.Compression;

namespace Eisen.Serve.Archive.Tests.Unpacking;

public sealed class UnpackBudgetTests : IDisposable
{
    private readonly ArchiveFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AddBytes_BombBeyondTheRatio_IsRefused(bool isZip) =>
        folder.Refusal("bomb.mar", isZip ? ZipOfZeros(128) : TarOfZeros(128))
            .ShouldBe("bomb.mar: it unpacks to more than 200 times its size, which is not allowed beyond the first 64 MiB.");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AddBytes_RegularFileBelow64MiB_Passes(bool isZip)
    {
        using ModelArchive archive = folder.Open("zeros.mar", isZip ? ZipOfZeros(60) : TarOfZeros(60));

        new FileInfo(archive.PathOf("zeros")).Length.ShouldBe(60L << 20);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AddBytes_MoreThanAllowed_IsRefused(bool isZip) =>
        folder.Refusal("big.mar", isZip ? ZipOfZeros(3) : TarOfZeros(3), new ArchiveLimits { MaxUnpackedBytes = 2 << 20 })
            .ShouldBe("big.mar: it unpacks to more than the 2 MiB that are allowed.");

    [Fact]
    public void AddEntry_MoreFilesThanAllowed_IsRefused()
    {
        TarBytes tar = TarBytes.WithManifest();
        for (int i = 0; i < 10; i++)
            tar.Add($"f{i}");

        folder.Refusal("many.tgz", tar.Gzipped(), new ArchiveLimits { MaxEntries = 10 }).ShouldContain("more than the 10 files and folders");
    }

    [Theory]
    [InlineData('x')]
    [InlineData('K')]
    public void AddEntry_HeadersWithoutFiles_CountAsWell(char type)
    {
        TarBytes tar = TarBytes.WithManifest();
        for (int i = 0; i < 10; i++)
            tar.Add("header", type: type);

        folder.Refusal("many.tgz", tar.Gzipped(), new ArchiveLimits { MaxEntries = 10 }).ShouldContain("more than the 10 files and folders");
    }

    [Fact]
    public void AddEntry_FoldersThatPathsImply_CountAsWell() =>
        folder.Refusal("deep.mar", ArchiveFolder.ZipWith(("a/b/c/d", ""), ("e/f/g/h", "")), new ArchiveLimits { MaxEntries = 9 })
            .ShouldContain("more than the 9 files and folders");

    [Fact]
    public void AddBytes_EntriesThatShareTheirData_CountEachTime()
    {
        // Every directory entry points at one stored file: small as a file, large as a folder.
        MemoryStream stream = new();
        using (ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream entry = archive.CreateEntry("f", CompressionLevel.NoCompression).Open();
            entry.Write(new byte[1 << 20]);
        }

        byte[] zip = Overlap(stream.ToArray(), copies: 9);
        folder.Refusal("overlap.mar", zip, new ArchiveLimits { MaxUnpackedBytes = 5 << 20 }).ShouldContain("more than the 5 MiB");
    }

    private static byte[] Overlap(byte[] zip, byte copies)
    {
        int directory = zip.AsSpan().LastIndexOf("PK\x1\x2"u8);
        int end = zip.AsSpan().LastIndexOf("PK\x5\x6"u8);
        List<byte> overlapping = [.. zip[..directory]];
        for (byte i = 0; i < copies; i++)
        {
            zip[directory + 46] = (byte)('a' + i);
            overlapping.AddRange(zip[directory..end]);
        }

        zip[end + 8] = zip[end + 10] = copies;
        overlapping.AddRange(zip[end..]);
        return [.. overlapping];
    }

    private static byte[] ZipOfZeros(int mebibytes)
    {
        MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using (StreamWriter manifest = new(zip.CreateEntry("MAR-INF/MANIFEST.json").Open()))
                manifest.Write(ArchiveFolder.Manifest);
            using Stream zeros = zip.CreateEntry("zeros", CompressionLevel.Optimal).Open();
            WriteZeros(zeros, mebibytes);
        }

        return stream.ToArray();
    }

    private static byte[] TarOfZeros(int mebibytes)
    {
        byte[] head = Unzipped(TarBytes.WithManifest().Add("zeros", size: Convert.ToString((long)mebibytes << 20, 8).PadLeft(11, '0')).Gzipped(withEnd: false));
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(head);
            WriteZeros(gzip, mebibytes);
            gzip.Write(new byte[1024]);
        }

        return packed.ToArray();
    }

    private static byte[] Unzipped(byte[] packed)
    {
        using GZipStream gzip = new(new MemoryStream(packed), CompressionMode.Decompress);
        MemoryStream content = new();
        gzip.CopyTo(content);
        return content.ToArray();
    }

    private static void WriteZeros(Stream stream, int mebibytes)
    {
        byte[] zeros = new byte[1 << 20];
        for (int i = 0; i < mebibytes; i++)
            stream.Write(zeros);
    }
}
