using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Images;

/// <summary>Writes pictures as PNG files.</summary>
internal static class PngEncoder
{
    /// <summary>The most pixels that a picture may have.</summary>
    public const int MostPixels = 1 << 24;

    /// <summary>Encodes a picture.</summary>
    /// <returns>The file, to be disposed by the caller.</returns>
    /// <exception cref="PictureException">It has more than <see cref="MostPixels"/>, or memory ran out.</exception>
    public static NativeBuffer Encode(Picture picture)
    {
        if ((long)picture.Width * picture.Height > MostPixels)
            throw new PictureException($"a picture of {picture.Width} x {picture.Height} pixels is not written as PNG; {MostPixels} pixels are the most");
        int most = (int)NativeImage.PngBound(picture.Width, picture.Height, picture.Channels);
        NativeBuffer encoded = new(most);
        try
        {
            encoded.Advance(NativeImage.EncodePng(picture.Pixels, picture.Width, picture.Height, picture.Channels, encoded.GetSpan(most)));
            return encoded;
        }
        catch
        {
            encoded.Dispose();
            throw;
        }
    }
}
