using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers;

/// <summary>Makes the input of a module that takes pictures of one size: resized, cropped and normalised to the numbers that
/// Pillow and torchvision give.</summary>
/// <param name="options">Options without mistakes.</param>
internal sealed class PictureInput(PictureTransformOptions options)
{
    private readonly PictureTransform transform = new(options);

    /// <summary>What makes the input of a picture.</summary>
    public PictureTransform Transform => transform;

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
}
