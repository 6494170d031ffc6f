using System.Numerics.Tensors;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers;

/// <summary>Draws an explanation over the picture that it is about: red where that speaks for the score, blue where against
/// it, grey where it does not matter, and darker where the model did not look.</summary>
internal static class HeatMap
{
    public const string MediaType = "image/png";

    private const float Opacity = 0.8f;
    private const float Unseen = 0.5f;

    private static readonly float[] For = [214, 39, 40];
    private static readonly float[] Against = [31, 119, 180];

    /// <summary>Whether a client likes a picture best among what it accepts.</summary>
    public static bool IsWanted(string? accept) =>
        AcceptedTypes.Best(accept, static type => (Counts: true, string.Equals(type, MediaType, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Draws a picture of an explanation.</summary>
    /// <param name="picture">What was explained, in colour; it is drawn upon.</param>
    /// <param name="map">The explanation of one channel.</param>
    /// <param name="width">Its numbers in a row.</param>
    /// <param name="place">Where it lies in the picture, in pixels.</param>
    /// <param name="headers">Header fields to send with it; none when left out.</param>
    /// <returns>The answer with the PNG.</returns>
    public static HandlerAnswer Draw(
        Picture picture, ReadOnlySpan<float> map, int width, (double Left, double Top, double Width, double Height) place, IReadOnlyList<KeyValuePair<string, string>>? headers = null)
    {
        int height = map.Length / width;
        float most = Math.Abs(TensorPrimitives.MaxMagnitude(map));
        Span<byte> pixels = picture.Pixels;
        for (int y = 0; y < picture.Height; y++)
        {
            double row = ((y + 0.5 - place.Top) / place.Height * height) - 0.5;
            for (int x = 0; x < picture.Width; x++)
            {
                double column = ((x + 0.5 - place.Left) / place.Width * width) - 0.5;
                Span<byte> pixel = pixels.Slice(((y * picture.Width) + x) * 3, 3);
                float grey = (0.299f * pixel[0]) + (0.587f * pixel[1]) + (0.114f * pixel[2]);
                if (row < -0.5 || row > height - 0.5 || column < -0.5 || column > width - 0.5)
                    pixel.Fill((byte)(grey * Unseen));
                else
                    Blend(pixel, grey, most > 0 ? Between(map, width, height, row, column) / most : 0);
            }
        }

        NativeBuffer png = PngEncoder.Encode(picture);
        return HandlerAnswer.Success(png.Written, MediaType, png, headers);
    }

    /// <summary>A plane of numbers in shades of grey, to draw upon.</summary>
    /// <param name="plane">The numbers.</param>
    /// <param name="width">How many are in a row.</param>
    public static Picture InGrey(ReadOnlySpan<float> plane, int width)
    {
        float least = TensorPrimitives.Min(plane);
        float range = TensorPrimitives.Max(plane) - least;
        Picture picture = new(width, plane.Length / width, 3);
        Span<byte> pixels = picture.Pixels;
        for (int i = 0; i < plane.Length; i++)
            pixels.Slice(i * 3, 3).Fill(range > 0 ? (byte)((plane[i] - least) / range * 255) : (byte)0);
        return picture;
    }

    private static void Blend(Span<byte> pixel, float grey, float strength)
    {
        float opacity = Opacity * Math.Min(Math.Abs(strength), 1);
        float[] colour = strength > 0 ? For : Against;
        for (int i = 0; i < pixel.Length; i++)
            pixel[i] = (byte)((grey * (1 - opacity)) + (colour[i] * opacity));
    }

    private static float Between(ReadOnlySpan<float> map, int width, int height, double row, double column)
    {
        double y = Math.Clamp(row, 0, height - 1);
        double x = Math.Clamp(column, 0, width - 1);
        int top = (int)y;
        int left = (int)x;
        int bottom = Math.Min(top + 1, height - 1);
        int right = Math.Min(left + 1, width - 1);
        float down = (float)(y - top);
        float across = (float)(x - left);
        float above = float.Lerp(map[(top * width) + left], map[(top * width) + right], across);
        float below = float.Lerp(map[(bottom * width) + left], map[(bottom * width) + right], across);
        return float.Lerp(above, below, down);
    }
}
