using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers;

/// <summary>Makes the input of a module that takes pictures of one size: resized, cropped and normalised to the numbers that
/// Pillow and torchvision give.</summary>
/// <param name="options">Options without mistakes.</param>
internal sealed class PictureInput(PictureTransformOptions options)
{
    private readonly PictureTransform transform = new(options);

    /// <summary>The input's shape: channels, height, width.</summary>
    public ReadOnlySpan<long> Shape => transform.OutputShape;

    /// <summary>Reads <c>resize</c>, <c>crop</c>, <c>channels</c>, <c>mean</c> and <c>std</c>; the mistakes in them are added to the
    /// others.</summary>
    public static PictureTransformOptions ReadOptions(HandlerParameters parameters)
    {
        PictureTransformOptions defaults = new();
        PictureTransformOptions options = defaults with
        {
            Resize = parameters.GetSize("resize") ?? defaults.Resize,
            Crop = parameters.GetSize("crop") ?? defaults.Crop,
            Channels = parameters.GetInt("channels", defaults.Channels, 1, 3),
            Mean = parameters.GetNumbers("mean") ?? defaults.Mean,
            Std = parameters.GetNumbers("std") ?? defaults.Std,
        };
        foreach (string mistake in options.Validate())
            parameters.AddMistake($"handler.{char.ToLowerInvariant(mistake[0])}{mistake.AsSpan(1).TrimEnd('.')}");
        return options;
    }

    /// <summary>Decodes a request's picture.</summary>
    /// <exception cref="BadInputException">There is none in it.</exception>
    public NDArray Decode(RequestPart payload) => PictureRequest.Decode(payload, transform.Channels, file =>
    {
        using Picture picture = PictureDecoder.Decode(file.Span, transform.Channels, PictureDecoder.DefaultMaxPixels);
        return PictureRequest.Filled(transform.OutputShape, array => transform.Apply(picture, array.AsSpan<float>()));
    });

    /// <summary>A request's picture in colour, to be drawn upon; null for one that came as numbers.</summary>
    /// <exception cref="BadInputException">There is none in it, or it is larger than PNG files are written.</exception>
    public Picture? InColour(RequestPart payload)
    {
        Picture? picture = null;
        PictureRequest.Decode(payload, transform.Channels, file =>
        {
            picture = PictureDecoder.Decode(file.Span, channels: 3, PngEncoder.MostPixels);
            return NDArray.Allocate(DType.Float32, [0]);
        }).Dispose();
        return picture;
    }

    /// <summary>Where the input lies in a picture, in its pixels. It may reach beyond the picture.</summary>
    public (double Left, double Top, double Width, double Height) PlaceIn(Picture picture) => transform.PlaceIn(picture.Width, picture.Height);
}
