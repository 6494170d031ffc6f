using Eisen.Serve.Handlers.Images;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Handlers.Tests.Images;

[Collection(MemoryCollection.Name)]
public sealed class PictureDecoderMemoryTests
{
    [Fact]
    public void Decode_ManyTimes_KeepsNoMemory()
    {
        byte[][] files = [.. PictureFixtures.Cases.Select(picture => PictureFixtures.Read(picture.Name)).Where(file => file.Length < 30_000)];
        byte[] broken = files[0][..(files[0].Length / 2)];

        void DecodeThousands(int times)
        {
            for (int i = 0; i < times; i++)
            {
                PictureDecoder.Decode(files[i % files.Length], 1 + i % 2 * 2).Dispose();
                Should.Throw<PictureException>(() => PictureDecoder.Decode(broken));
            }
        }

        DecodeThousands(500);
        long before = ResidentMemory.Bytes();
        DecodeThousands(2000);

        // One of these pictures is about 200 kB, so a leak of every tenth would show.
        (ResidentMemory.Bytes() - before).ShouldBeLessThan(24 << 20);
    }
}
