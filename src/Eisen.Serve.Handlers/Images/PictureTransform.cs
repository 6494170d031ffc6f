using System.Buffers;

namespace Eisen.Serve.Handlers.Images;

/// <summary>
/// Makes a model's input of a picture: torchvision's Resize, CenterCrop, ToTensor and Normalize on a Pillow image, with
/// the same floats, bit for bit. It never changes once made, so any number of threads may use one.
/// </summary>
public sealed class PictureTransform
{
    private const int SampleValues = 256;

    private readonly int[]? resize;
    private readonly long[] outputShape;

    // What each of a channel's 256 samples becomes, one channel after the other.
    private readonly float[] values;

    /// <summary>Makes a transform.</summary>
    /// <param name="options">What it does.</param>
    /// <exception cref="ArgumentException">The options are wrong; the message names every mistake.</exception>
    public PictureTransform(PictureTransformOptions options)
    {
        IReadOnlyList<string> mistakes = options.Validate();
        if (mistakes.Count > 0)
            throw new ArgumentException(string.Join(' ', mistakes), nameof(options));

        resize = options.Resize?.ToArray();
        CropHeight = options.Crop[0];
        CropWidth = options.Crop[^1];
        Channels = options.Channels;
        outputShape = [Channels, CropHeight, CropWidth];
        values = new float[Channels * SampleValues];
        for (int i = 0; i < values.Length; i++)
        {
            (int channel, int sample) = Math.DivRem(i, SampleValues);
            float toTensor = sample / 255f;
            values[i] = (toTensor - options.Mean[channel]) / options.Std[channel];
        }
    }

    /// <summary>3 for red, green, blue, or 1 for grey: what the pictures must have.</summary>
    public int Channels { get; }

    /// <summary>The result's rows.</summary>
    public int CropHeight { get; }

    /// <summary>The result's pixels in a row.</summary>
    public int CropWidth { get; }

    /// <summary>The result's shape: Channels, CropHeight, CropWidth.</summary>
    public ReadOnlySpan<long> OutputShape => outputShape;

    /// <summary>How many numbers the result has.</summary>
    public int Length => Channels * CropHeight * CropWidth;

    /// <summary>Transforms one picture.</summary>
    /// <param name="picture">The picture, which is not changed.</param>
    /// <param name="destination">Where the result goes, <see cref="Length"/> numbers: one plane of rows for each channel.</param>
    /// <exception cref="ArgumentException">The picture has other channels, or the destination another length.</exception>
    /// <exception cref="PictureException">The picture is too long and thin to be resized.</exception>
    public void Apply(Picture picture, Span<float> destination)
    {
        if (picture.Channels != Channels)
            throw new ArgumentException($"The picture has {picture.Channels} channels, but the transform is for {Channels}.", nameof(picture));
        if (destination.Length != Length)
            throw new ArgumentException($"The result has {Length} numbers, the destination {destination.Length}.", nameof(destination));

        (int width, int height) = ResizedSize(picture.Width, picture.Height);
        (int left, int padLeft, int usedWidth) = Centre(width, CropWidth);
        (int top, int padTop, int usedHeight) = Centre(height, CropHeight);

        int length = usedWidth * usedHeight * Channels;
        byte[] samples = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> used = samples.AsSpan(0, length);
            BilinearResize.Resize(picture, width, height, new PixelBox(left, top, usedWidth, usedHeight), used);
            for (int channel = 0; channel < Channels; channel++)
            {
                ReadOnlySpan<float> values = this.values.AsSpan(channel * SampleValues, SampleValues);
                Span<float> plane = destination.Slice(channel * CropHeight * CropWidth, CropHeight * CropWidth);
                if (length < Length)
                    plane.Fill(values[0]);
                for (int y = 0; y < usedHeight; y++)
                {
                    Span<float> row = plane.Slice((padTop + y) * CropWidth + padLeft, usedWidth);
                    ReadOnlySpan<byte> source = used.Slice(y * usedWidth * Channels, usedWidth * Channels)[channel..];
                    for (int x = 0, from = 0; x < row.Length; x++, from += Channels)
                        row[x] = values[source[from]];
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(samples);
        }
    }

    /// <summary>Where the result lies in a picture, in its pixels. It may reach beyond the picture.</summary>
    /// <param name="width">The picture's pixels in a row.</param>
    /// <param name="height">Its rows.</param>
    /// <exception cref="PictureException">The picture is too long and thin to be resized.</exception>
    internal (double Left, double Top, double Width, double Height) PlaceIn(int width, int height)
    {
        (int resizedWidth, int resizedHeight) = ResizedSize(width, height);
        (int left, int padLeft, _) = Centre(resizedWidth, CropWidth);
        (int top, int padTop, _) = Centre(resizedHeight, CropHeight);
        double horizontal = (double)width / resizedWidth;
        double vertical = (double)height / resizedHeight;
        return ((left - padLeft) * horizontal, (top - padTop) * vertical, CropWidth * horizontal, CropHeight * vertical);
    }

    // torchvision.transforms.functional._compute_resized_output_size
    private (int Width, int Height) ResizedSize(int width, int height)
    {
        if (resize is null)
            return (width, height);
        if (resize.Length == 2)
            return (resize[1], resize[0]);

        int shorter = resize[0];
        long longer = (long)shorter * Math.Max(width, height) / Math.Min(width, height);
        if (longer > int.MaxValue)
            throw new PictureException($"a picture of {width} x {height} pixels is too long and thin to be resized");
        return width <= height ? (shorter, (int)longer) : ((int)longer, shorter);
    }

    // torchvision.transforms.functional.center_crop, along one axis: where the crop begins in the picture, how many
    // zeros come before the picture if that is the smaller one, and how many of its pixels are used.
    private static (int First, int Padding, int Used) Centre(int size, int crop)
    {
        if (size <= crop)
            return (0, (crop - size) / 2, size);

        // Python rounds a half to the even neighbour.
        int margin = size - crop;
        int first = margin / 2;
        return (margin % 2 != 0 && first % 2 != 0 ? first + 1 : first, 0, crop);
    }
}
