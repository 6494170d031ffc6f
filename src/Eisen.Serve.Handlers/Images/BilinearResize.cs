using System.Buffers;

namespace Eisen.Serve.Handlers.Images;

/// <summary>
/// Resizes as Pillow's <c>Image.resize(size, BILINEAR)</c> does, bit for bit: antialiased when it makes smaller, first
/// along the rows, then along the columns, with 8-bit samples in between. A direction in which the size stays is left out.
/// </summary>
public static class BilinearResize
{
    // Rows that are kept between the two passes, at least: few enough for a core's own cache.
    private const int LeastWindowRows = 32;

    /// <summary>Resizes a whole picture.</summary>
    /// <param name="source">The picture, which is not changed.</param>
    /// <param name="width">The result's pixels in a row, at least 1.</param>
    /// <param name="height">The result's rows, at least 1.</param>
    /// <returns>The resized picture, to be disposed by the caller.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    /// <exception cref="PictureException">The result, or what it takes to compute it, would be too large.</exception>
    public static Picture Resize(Picture source, int width, int height)
    {
        Picture result = new(width, height, source.Channels);
        try
        {
            Resize(source, width, height, new PixelBox(0, 0, width, height), result.Pixels);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>Resizes a picture and computes only a part of the result.</summary>
    /// <param name="source">The picture, which is not changed.</param>
    /// <param name="width">The whole result's pixels in a row, at least 1.</param>
    /// <param name="height">The whole result's rows, at least 1.</param>
    /// <param name="part">The part of the result that is wanted.</param>
    /// <param name="destination">Where its samples go: part.Height x part.Width x source.Channels of them.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1, or the part does not lie inside the result.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="PictureException">What it takes to compute the part would be too large.</exception>
    public static void Resize(Picture source, int width, int height, PixelBox part, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (part.Left < 0 || part.Top < 0 || part.Width < 1 || part.Height < 1
            || part.Left > width - part.Width || part.Top > height - part.Height)
        {
            throw new ArgumentOutOfRangeException(nameof(part), part, $"The part does not lie inside {width} x {height} pixels.");
        }

        if (destination.Length != (long)part.Width * part.Height * source.Channels)
            throw new ArgumentException($"The part has {part.Width} x {part.Height} x {source.Channels} samples, the destination {destination.Length}.", nameof(destination));

        BilinearCoefficients? alongRows = width == source.Width ? null : new(source.Width, width, part.Left, part.Width);
        BilinearCoefficients? alongColumns = height == source.Height ? null : new(source.Height, height, part.Top, part.Height);
        if (alongColumns is null)
            ResizeRows(source, part, alongRows, destination);
        else if (alongRows is null)
            ResizeColumns(source, part, alongColumns, destination);
        else
            ResizeBoth(source, part, alongRows, alongColumns, destination);
    }

    private static void ResizeRows(Picture source, PixelBox part, BilinearCoefficients? alongRows, Span<byte> destination)
    {
        int rowLength = part.Width * source.Channels;
        for (int y = 0; y < part.Height; y++)
        {
            Span<byte> row = destination.Slice(y * rowLength, rowLength);
            if (alongRows is null)
                SamplesFrom(source, part.Top + y)[(part.Left * source.Channels)..][..rowLength].CopyTo(row);
            else
                BilinearPass.Row(SamplesFrom(source, part.Top + y), source.Channels, alongRows, row);
        }
    }

    private static void ResizeColumns(Picture source, PixelBox part, BilinearCoefficients alongColumns, Span<byte> destination)
    {
        int rowLength = part.Width * source.Channels;
        for (int y = 0; y < part.Height; y++)
        {
            ReadOnlySpan<byte> rows = SamplesFrom(source, alongColumns.StartOf(y))[(part.Left * source.Channels)..];
            BilinearPass.Columns(rows, source.Width * source.Channels, alongColumns.WeightsOf(y), destination.Slice(y * rowLength, rowLength));
        }
    }

    // The rows that the first pass makes pass through a window just large enough: of a picture a million rows high they
    // would not fit into memory, and a window stays in the cache between the passes.
    private static void ResizeBoth(Picture source, PixelBox part, BilinearCoefficients alongRows, BilinearCoefficients alongColumns, Span<byte> destination)
    {
        int rowLength = part.Width * source.Channels;
        long windowRows = Math.Max(2L * alongColumns.MostTaps, LeastWindowRows);
        if (windowRows * rowLength > Array.MaxLength)
            throw new PictureException($"a picture of {source.Width} x {source.Height} pixels is too large to be resized this way");

        byte[] window = ArrayPool<byte>.Shared.Rent((int)windowRows * rowLength);
        try
        {
            int first = alongColumns.StartOf(0);
            int end = first;
            for (int y = 0; y < part.Height; y++)
            {
                int start = alongColumns.StartOf(y);
                ReadOnlySpan<int> weights = alongColumns.WeightsOf(y);
                if (start + weights.Length - first > windowRows)
                {
                    int kept = Math.Max(end - start, 0);
                    window.AsSpan((end - kept - first) * rowLength, kept * rowLength).CopyTo(window);
                    end = Math.Max(end, start);
                    first = start;
                }

                for (; end < start + weights.Length; end++)
                    BilinearPass.Row(SamplesFrom(source, end), source.Channels, alongRows, window.AsSpan((end - first) * rowLength, rowLength));

                BilinearPass.Columns(window.AsSpan((start - first) * rowLength), rowLength, weights, destination.Slice(y * rowLength, rowLength));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    // The samples from a row's beginning to the picture's end.
    private static ReadOnlySpan<byte> SamplesFrom(Picture source, int row) => source.Pixels[(row * source.Width * source.Channels)..];
}
