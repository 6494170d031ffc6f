using System.Buffers.Binary;
using System.IO.Compression;

namespace Eisen.Serve.Archive.Tests.Unpacking;

public sealed class ZipDirectoryTests : IDisposable
{
    private readonly ArchiveFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Check_NoEnd_SaysTruncated() =>
        folder.Refusal("broken.mar", ArchiveFolder.ZipWith()[..100])
            .ShouldBe("broken.mar: not a zip archive: the end of the central directory is missing; the file may be truncated.");

    [Fact]
    public void Check_SomethingBehindTheEnd_IsRefused() =>
        folder.Refusal("a.mar", [.. ArchiveFolder.ZipWith(), 1, 2, 3]).ShouldContain("something stands behind it");

    [Fact]
    public void Check_Comment_IsFine()
    {
        byte[] zip = [.. ArchiveFolder.ZipWith(), .. "by hand"u8];
        zip[zip.AsSpan().LastIndexOf("PK\x5\x6"u8) + 20] = 7;

        folder.Open("a.mar", zip).Dispose();
    }

    [Fact]
    public void Check_DirectoryLargerThanAllowed_IsRefused()
    {
        byte[] zip = ArchiveFolder.ZipWith(("a", ""), ("b", ""));

        folder.Refusal("a.mar", zip, new ArchiveLimits { MaxDirectoryBytes = 100 })
            .ShouldBe("a.mar: its zip directory is larger than the 100 bytes that are allowed.");
    }

    [Fact]
    public void Check_DirectoryThatSeemsHuge_IsRefusedBeforeItIsRead()
    {
        // The end says that the directory starts at the file's first byte, and the file is 20 MiB long.
        byte[] zip = ArchiveFolder.ZipWith();
        byte[] end = zip[zip.AsSpan().LastIndexOf("PK\x5\x6"u8)..];
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), 0);
        byte[] huge = [.. zip, .. new byte[20 << 20], .. end];

        folder.Refusal("a.mar", huge).ShouldContain("its zip directory is larger than the 16777216 bytes");
    }

    [Fact]
    public void Check_MoreEntriesThanAllowed_IsRefused() =>
        folder.Refusal("a.mar", ArchiveFolder.ZipWith(("a", ""), ("b", ""), ("c", "")), new ArchiveLimits { MaxEntries = 3 })
            .ShouldBe("a.mar: it holds more than the 3 files and folders that are allowed.");

    [Theory]
    [InlineData(1, "more entries than its end says")]
    [InlineData(3, "fewer entries than its end says")]
    public void Check_WrongEntryCount_IsRefused(byte count, string fault)
    {
        byte[] zip = ArchiveFolder.ZipWith(("a", ""));
        int end = zip.AsSpan().LastIndexOf("PK\x5\x6"u8);
        zip[end + 8] = zip[end + 10] = count;

        folder.Refusal("a.mar", zip).ShouldContain(fault);
    }

    [Fact]
    public void Check_DirectoryOutsideOfTheFile_IsRefused()
    {
        byte[] zip = ArchiveFolder.ZipWith();
        BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(zip.AsSpan().LastIndexOf("PK\x5\x6"u8) + 16), 0x7FFFFFFF);

        folder.Refusal("a.mar", zip).ShouldContain("does not lie inside the file");
    }

    [Fact]
    public void Check_SplitZip_IsRefused()
    {
        byte[] zip = ArchiveFolder.ZipWith();
        zip[zip.AsSpan().LastIndexOf("PK\x5\x6"u8) + 4] = 1;

        folder.Refusal("a.mar", zip).ShouldContain("split over several files");
    }

    [Fact]
    public void Check_Zip64_IsRead()
    {
        using ModelArchive archive = folder.Open("a.mar", Zip64(ArchiveFolder.ZipWith(("a", "text"))));

        File.ReadAllText(archive.PathOf("a")).ShouldBe("text");
    }

    [Theory]
    [InlineData(32, 20_000, "more than the 10000 files and folders")]
    [InlineData(48, long.MaxValue, "does not lie inside the file")]
    [InlineData(0, 0, "is damaged")]
    public void Check_Zip64EndThatLies_IsRefused(int field, long value, string fault)
    {
        byte[] zip = Zip64(ArchiveFolder.ZipWith());
        BinaryPrimitives.WriteInt64LittleEndian(zip.AsSpan(zip.AsSpan().LastIndexOf("PK\x6\x6"u8) + field), value);

        folder.Refusal("a.mar", zip).ShouldContain(fault);
    }

    [Fact]
    public void Check_Zip64LocatorThatPointsNowhere_IsRefused()
    {
        byte[] zip = Zip64(ArchiveFolder.ZipWith());
        BinaryPrimitives.WriteInt64LittleEndian(zip.AsSpan(zip.AsSpan().LastIndexOf("PK\x6\x7"u8) + 8), -1);

        folder.Refusal("a.mar", zip).ShouldContain("does not lie inside the file");
    }

    [Fact]
    public void Check_ManyEntries_StayWithinTheDefaults()
    {
        MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int i = 0; i <= 10_000; i++)
                zip.CreateEntry($"f{i}");
        }

        folder.Refusal("a.mar", stream.ToArray()).ShouldContain("more than the 10000 files and folders");
    }

    // The same zip, with its end written in zip64 as well, and only there.
    private static byte[] Zip64(byte[] zip)
    {
        int endAt = zip.AsSpan().LastIndexOf("PK\x5\x6"u8);
        byte[] end = zip[endAt..];
        byte[] zip64 = new byte[56];
        byte[] locator = new byte[20];
        "PK\x6\x6"u8.CopyTo(zip64);
        zip64[4] = 44;
        zip64[12] = zip64[14] = 45;
        zip64[24] = zip64[32] = end[10];
        end.AsSpan(12, 4).CopyTo(zip64.AsSpan(40));
        end.AsSpan(16, 4).CopyTo(zip64.AsSpan(48));
        "PK\x6\x7"u8.CopyTo(locator);
        BinaryPrimitives.WriteInt64LittleEndian(locator.AsSpan(8), endAt);
        locator[16] = 1;
        end.AsSpan(8, 12).Fill(0xFF);
        return [.. zip[..endAt], .. zip64, .. locator, .. end];
    }
}
