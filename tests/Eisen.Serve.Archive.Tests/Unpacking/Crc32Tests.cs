namespace Eisen.Serve.Archive.Tests.Unpacking;

public sealed class Crc32Tests
{
    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xCBF43926u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void Value_KnownText_IsTheKnownChecksum(string text, uint checksum)
    {
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(text);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            Crc32 crc = new();
            crc.Add(bytes.AsSpan(0, cut));
            crc.Add(bytes.AsSpan(cut));
            crc.Value.ShouldBe(checksum);
        }
    }
}
