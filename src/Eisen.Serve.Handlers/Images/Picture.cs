using System.Buffers;

namespace Eisen.Serve.Handlers.Images;

/// <summary>
/// A decoded picture: 8-bit samples in rows from top to bottom, the channels of a pixel side by side, no padding. It
/// owns its memory and gives it back when it is disposed.
/// </summary>
public sealed class Picture : IDisposable
{
    // Above this the pool would keep memory that one unusual request needed.
    private const int MaxPooledBytes = 16 << 20;

    private readonly int length;
    private readonly bool pooled;
    private byte[]? samples;

    /// <summary>Makes a picture whose samples are not yet set.</summary>
    /// <param name="width">Pixels in a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="channels">3 for red, green, blue, or 1 for grey.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1, or channels is not 1 or 3.</exception>
    /// <exception cref="PictureException">The picture would not fit into one array.</exception>
    public Picture(int width, int height, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (channels is not (1 or 3))
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "A picture has 1 or 3 channels.");

        // Both sides are below 2^31, so the product of the sides fits; dividing keeps that of all three from overflowing.
        if ((long)width * height > Array.MaxLength / channels)
            throw new PictureException($"a picture of {width} x {height} pixels is too large");

        Width = width;
        Height = height;
        Channels = channels;
        length = width * height * channels;
        pooled = length <= MaxPooledBytes;
        samples = pooled ? ArrayPool<byte>.Shared.Rent(length) : GC.AllocateUninitializedArray<byte>(length);
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>3 for red, green, blue, or 1 for grey.</summary>
    public int Channels { get; }

    /// <summary>The samples, Height x Width x Channels of them.</summary>
    /// <exception cref="ObjectDisposedException">The picture has been disposed.</exception>
    public Span<byte> Pixels
    {
        get
        {
            byte[]? samples = this.samples;
            ObjectDisposedException.ThrowIf(samples is null, this);
            return samples.AsSpan(0, length);
        }
    }

    /// <summary>Gives the memory back. <see cref="Pixels"/> must not be used any more, nor a span that it returned.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref this.samples, null) is { } samples && pooled)
            ArrayPool<byte>.Shared.Return(samples);
    }
}
