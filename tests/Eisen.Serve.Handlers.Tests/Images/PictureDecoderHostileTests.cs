using System.Buffers.Binary;
using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers.Tests.Images;

/// <summary>Bytes that somebody sends who means harm, or whose connection broke.</summary>
public sealed class PictureDecoderHostileTests
{
    private const long FuzzMaxPixels = 200_000;

    public static TheoryData<string> SmallNames => PictureFixtures.SmallNames;

    [Theory]
    [MemberData(nameof(SmallNames))]
    public void Decode_Truncated_IsRefused(string name)
    {
        byte[] whole = PictureFixtures.Read(name);
        // Without its end marker, of two bytes, a JPEG may pass, as it may with Pillow: all its rows can be there.
        for (int length = whole.Length - 3; length >= 0; length -= 7)
            Should.Throw<PictureException>(() => PictureDecoder.Decode(whole.AsSpan(0, length)), $"{length} of {whole.Length} bytes");
    }

    [Theory]
    [InlineData("photo_progressive.jpg")]
    [InlineData("photo_1024x768.jpg")]
    [InlineData("filtered.png")]
    public void Decode_HalfOfALargeFile_SaysTruncated(string name)
    {
        byte[] whole = PictureFixtures.Read(name);

        Should.Throw<PictureException>(() => PictureDecoder.Decode(whole.AsSpan(0, whole.Length / 2)))
            .Message.ShouldContain("image file is truncated");
    }

    [Theory]
    [MemberData(nameof(SmallNames))]
    public void Decode_BytesChangedAtRandom_DecodesOrRefuses(string name)
    {
        byte[] whole = PictureFixtures.Read(name);
        Random random = new(name.Length * 7919 + whole.Length);
        for (int round = 0; round < 300; round++)
        {
            byte[] broken = [.. whole];
            for (int change = random.Next(1, 9); change > 0; change--)
                broken[random.Next(2) == 0 ? random.Next(Math.Min(broken.Length, 400)) : random.Next(broken.Length)] = (byte)random.Next(256);
            if (round % 2 == 0)
                RepairChecksums(broken);
            DecodeOrRefuse(broken.AsSpan(0, round % 5 == 0 ? random.Next(broken.Length) : broken.Length), 1 + round % 2 * 2);
        }
    }

    [Fact]
    public void Decode_Garbage_IsRefused()
    {
        Random random = new(20240229);
        byte[][] beginnings = [[], [0xFF, 0xD8, 0xFF], [0xFF, 0xD8, 0xFF, 0xC0, 0x00, 0x11], [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]];
        for (int round = 0; round < 2000; round++)
        {
            byte[] rest = new byte[random.Next(300)];
            random.NextBytes(rest);
            Should.Throw<PictureException>(() => PictureDecoder.Decode([.. beginnings[round % beginnings.Length], .. rest]));
        }
    }

    [Theory]
    [InlineData("rgb8.png")]
    [InlineData("colour_444.jpg")]
    [InlineData("photo_progressive.jpg")]
    public void Decode_HeaderSaysManyPixels_IsRefusedAtOnce(string name)
    {
        byte[] bomb = PictureFixtures.Read(name);
        SetSize(bomb, 60_000, 60_000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Should.Throw<PictureException>(() => PictureDecoder.Decode(bomb))
            .Message.ShouldContain("60000 x 60000 = 3600000000 pixels, more than the 89478485 that are allowed");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public void Decode_ProgressiveJpegOfManyScans_IsRefused()
    {
        byte[] whole = PictureFixtures.Read("photo_progressive.jpg");
        int lastScan = whole.AsSpan().LastIndexOf([(byte)0xFF, (byte)0xC4]);
        byte[] scan = whole[lastScan..^2];
        byte[] few = [.. whole[..^2], .. Enumerable.Repeat(scan, 20).SelectMany(bytes => bytes), .. whole[^2..]];
        byte[] many = [.. whole[..^2], .. Enumerable.Repeat(scan, 200).SelectMany(bytes => bytes), .. whole[^2..]];

        PictureDecoder.Decode(few).Dispose();
        Should.Throw<PictureException>(() => PictureDecoder.Decode(many)).Message.ShouldContain("a JPEG of more than 100 scans");
    }

    [Theory]
    [InlineData("rgb8.png")]
    [InlineData("palette8.png")]
    public void Decode_PngChecksumWrong_IsRefused(string name)
    {
        byte[] file = PictureFixtures.Read(name);
        int data = file.AsSpan().IndexOf("IDAT"u8);
        file[data + 10] ^= 1;

        Should.Throw<PictureException>(() => PictureDecoder.Decode(file));
    }

    private static void DecodeOrRefuse(ReadOnlySpan<byte> bytes, int channels)
    {
        try
        {
            using Picture picture = PictureDecoder.Decode(bytes, channels, FuzzMaxPixels);
            picture.Pixels.Length.ShouldBe(picture.Width * picture.Height * channels);
        }
        catch (PictureException refused)
        {
            refused.Message.ShouldNotBeNullOrWhiteSpace();
        }
    }

    private static void SetSize(byte[] file, ushort width, ushort height)
    {
        if (file[0] == 0x89)
        {
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(16), width);
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(20), height);
            RepairChecksums(file);
            return;
        }

        int frame = Math.Max(file.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]), file.AsSpan().IndexOf([(byte)0xFF, (byte)0xC2]));
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 5), height);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 7), width);
    }

    // So that a changed byte of a PNG gets past its checksum, to the code behind.
    private static void RepairChecksums(byte[] file)
    {
        if (file[0] != 0x89)
            return;
        int at = 8;
        while (at + 12 <= file.Length)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - 12)
                return;
            uint sum = Crc32(file.AsSpan(at + 4, (int)length + 4));
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(at + 8 + (int)length), sum);
            at += (int)length + 12;
        }
    }

    // ISO 3309, as the PNG specification gives it.
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte value in bytes)
        {
            sum ^= value;
            for (int bit = 0; bit < 8; bit++)
                sum = (sum >> 1) ^ ((sum & 1) * 0xEDB88320u);
        }

        return ~sum;
    }
}
