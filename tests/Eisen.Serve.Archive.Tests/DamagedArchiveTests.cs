namespace Eisen.Serve.Archive.Tests;

/// <summary>Archives that were cut off, or that have bytes changed: an archive exception, or a usable archive; nothing else.</summary>
public sealed class DamagedArchiveTests : IDisposable
{
    private const string Manifest =
        """{"model":{"modelName":"m","modelVersion":"1","handler":"h.py","configFile":"c.yaml"}}""";

    private static readonly (string Name, string Content)[] Entries =
    [
        ("m/MAR-INF/MANIFEST.json", Manifest),
        ("m/h.py", "def handle(data, context):\n    return [str(len(data))] * len(data)\n"),
        ("m/c.yaml", "minWorkers: 1\nmaxWorkers: 2\nhandler: {a: [1, 2.5, yes], b: \"x\\n\"}\n"),
    ];

    private readonly ArchiveFolder folder = new();

    public static TheoryData<bool> Kinds => [true, false];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Open_CutOffAnywhere_IsRefusedAndLeavesNothing(bool isZip)
    {
        byte[] whole = Make(isZip);
        folder.Open("cut.mar", whole).Dispose();

        for (int length = 0; length < whole.Length; length++)
            folder.Refusal("cut.mar", whole[..length]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Open_BytesChanged_IsRefusedOrFine(bool isZip)
    {
        Random random = new(20261122);
        byte[] whole = Make(isZip);
        for (int round = 0; round < 1500; round++)
            OpenDamaged(Damaged(whole, random), round);
    }

    [Fact]
    public void Open_BytesOfTheTarItselfChanged_IsRefusedOrFine()
    {
        Random random = new(20261123);
        byte[] tar = Unpacked(Make(isZip: false));
        for (int round = 0; round < 1000; round++)
            OpenDamaged(TarBytes.Gzip(WithChecksums(Damaged(tar, random))), round);
    }

    [Theory]
    [InlineData("c.yaml")]
    [InlineData("MAR-INF/MANIFEST.json")]
    public void Open_BytesOfATextChanged_IsRefusedOrFine(string name)
    {
        Random random = new(20261124);
        foreach ((string entry, string content) in Entries)
            folder.Write(entry, content);
        string text = Entries.Single(entry => entry.Name == "m/" + name).Content;
        byte[] whole = System.Text.Encoding.UTF8.GetBytes(name == "c.yaml" ? text + "x: \"\\ud83d\\u0041\\U00010000\"\ny: |\n  a\n" : text);
        for (int round = 0; round < 3000; round++)
        {
            folder.Write("m/" + name, Damaged(whole, random));
            try
            {
                ModelArchive.Open(folder.PathOf("m"), folder.UnpackFolder).Dispose();
            }
            catch (ArchiveException refusal)
            {
                refusal.Message.Any(char.IsControl).ShouldBeFalse($"round {round}");
            }
        }
    }

    private void OpenDamaged(byte[] damaged, int round)
    {
        try
        {
            folder.Open("flip.mar", damaged).Dispose();
        }
        catch (ArchiveException refusal)
        {
            refusal.Message.Any(char.IsControl).ShouldBeFalse($"round {round}");
        }

        folder.ShouldHoldNothing();
    }

    private static byte[] Make(bool isZip)
    {
        if (isZip)
            return ArchiveFolder.Zip(Entries);
        TarBytes tar = new();
        foreach ((string name, string content) in Entries)
            tar.AddPax("path=" + name, "mtime=1.25").Add("short", content);
        return tar.Gzipped();
    }

    private static byte[] Damaged(byte[] whole, Random random)
    {
        byte[] damaged = [.. whole];
        for (int flips = random.Next(1, 5); flips > 0; flips--)
        {
            damaged[random.Next(damaged.Length)] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => 0xFF,
                _ => (byte)"0179/.:-\0 {}[]&*!\"'\\\n"[random.Next(21)],
            };
        }

        return damaged;
    }

    // Right checksums, so that what stands behind them is tried as well.
    private static byte[] WithChecksums(byte[] tar)
    {
        for (int at = 0; at + 512 <= tar.Length; at += 512)
        {
            Span<byte> block = tar.AsSpan(at, 512);
            if (!block.Slice(257, 5).SequenceEqual("ustar"u8))
                continue;
            block.Slice(148, 8).Fill((byte)' ');
            int sum = 0;
            foreach (byte b in block)
                sum += b;
            System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(block[148..]);
        }

        return tar;
    }

    private static byte[] Unpacked(byte[] packed)
    {
        using System.IO.Compression.GZipStream gzip = new(new MemoryStream(packed), System.IO.Compression.CompressionMode.Decompress);
        MemoryStream content = new();
        gzip.CopyTo(content);
        return content.ToArray();
    }
}
