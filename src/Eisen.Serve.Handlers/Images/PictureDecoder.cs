namespace Eisen.Serve.Handlers.Images;

/// <summary>
/// Turns the bytes of a JPEG or PNG file into pixels: the same pixels, bit for bit, as Pillow's
/// <c>Image.open(bytes).convert("RGB")</c>, or <c>.convert("RGB").convert("L")</c> for one channel. Transparency, gamma,
/// colour profiles and the EXIF orientation change nothing, as they change nothing there. The one exception is 16-bit
/// grey, of which the high byte is taken where Pillow clips at 255.
/// </summary>
public static class PictureDecoder
{
    /// <summary>The number of pixels above which Pillow warns of a decompression bomb (<c>Image.MAX_IMAGE_PIXELS</c>).</summary>
    public const long DefaultMaxPixels = 89_478_485;

    private const int ShownBytes = 4;

    /// <summary>Decodes a picture.</summary>
    /// <param name="encoded">A whole JPEG or PNG file. It may come from a stranger.</param>
    /// <param name="channels">3 for red, green, blue, or 1 for grey.</param>
    /// <param name="maxPixels">The largest width x height to decode. Larger ones are refused before memory is taken.</param>
    /// <returns>The picture, to be disposed by the caller.</returns>
    /// <exception cref="PictureException">The bytes are no such file, are truncated or broken, or hold too many pixels.</exception>
    /// <exception cref="ArgumentOutOfRangeException">channels is not 1 or 3.</exception>
    public static Picture Decode(ReadOnlySpan<byte> encoded, int channels = 3, long maxPixels = DefaultMaxPixels)
    {
        if (channels is not (1 or 3))
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "A picture has 1 or 3 channels.");

        (int width, int height, _) = ReadHeader(encoded);
        long pixels = (long)width * height;
        if (pixels > maxPixels)
            throw new PictureException($"the picture has {width} x {height} = {pixels} pixels, more than the {maxPixels} that are allowed");

        Picture picture = new(width, height, channels);
        try
        {
            NativeImage.Decode(encoded, channels, picture.Pixels);
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    /// <summary>How many channels the picture itself has: 1 when it is grey, else 3.</summary>
    /// <param name="encoded">A whole JPEG or PNG file. It may come from a stranger.</param>
    /// <exception cref="PictureException">The bytes are no such file, or end within its header.</exception>
    public static int ChannelsOf(ReadOnlySpan<byte> encoded) => ReadHeader(encoded).Channels;

    private static (int Width, int Height, int Channels) ReadHeader(ReadOnlySpan<byte> encoded) =>
        IsJpeg(encoded) || IsPng(encoded) ? NativeImage.ReadHeader(encoded) : throw NotAPicture(encoded);

    private static bool IsJpeg(ReadOnlySpan<byte> bytes) => bytes.StartsWith<byte>([0xFF, 0xD8, 0xFF]);

    private static bool IsPng(ReadOnlySpan<byte> bytes) => bytes.StartsWith<byte>([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);

    private static PictureException NotAPicture(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return new PictureException("not a JPEG or PNG picture: there are no bytes");

        string first = Convert.ToHexString(bytes[..Math.Min(ShownBytes, bytes.Length)]);
        string spaced = string.Join(' ', first.Chunk(2).Select(pair => new string(pair)));
        string guess = NameOf(bytes) is { } name ? $" ({name})" : "";
        return new PictureException($"not a JPEG or PNG picture: the first bytes are {spaced}{guess}");
    }

    private static string? NameOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("GIF8"u8))
            return "a GIF";
        if (bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8))
            return "a TIFF";
        if (bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8))
            return "a WebP";
        if (bytes.Length >= 132 && bytes[128..].StartsWith("DICM"u8))
            return "a DICOM file";
        // Last, because two letters alone may also begin something else.
        return bytes.StartsWith("BM"u8) ? "a BMP" : null;
    }
}
