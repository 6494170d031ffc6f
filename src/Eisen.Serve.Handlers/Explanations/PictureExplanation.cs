using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>Explains what a classifier says of a picture, by <see cref="Occlusion"/>.</summary>
/// <param name="transform">What makes the module's input of a picture.</param>
/// <param name="options">How finely.</param>
/// <exception cref="HandlerConfigurationException">The options do not fit a picture, or allow less than they ask for.</exception>
internal sealed class PictureExplanation(PictureTransform transform, OcclusionOptions options)
{
    private readonly OcclusionGrid grid = GridFor(transform, options);

    /// <summary>Explains a score of one picture.</summary>
    /// <param name="request">The request, which may name the class and ask for a heat map.</param>
    /// <param name="sample">What the transform made of its picture.</param>
    /// <param name="module">The classifier: float32 [N, channels, height, width] to [N, classes].</param>
    /// <param name="cancellationToken">Ends it before the next forward.</param>
    /// <returns>As TorchServe answers: nested lists [channels][height][width]; or a heat map over the picture.</returns>
    /// <exception cref="BadInputException">There is no such class, or no heat map can be drawn.</exception>
    /// <exception cref="UnusableOutputException">The module is no such classifier.</exception>
    public HandlerAnswer Explain(HandlerRequest request, NDArray sample, IScriptModule module, CancellationToken cancellationToken)
    {
        int? target = TargetScore.Asked(request);
        // The picture is there before the work is done, so that one that cannot be drawn upon costs nothing.
        using Picture? picture = HeatMap.IsWanted(request.Headers["Accept"]) ? PictureOf(request) : null;
        TargetScore score;
        using (NDArray plain = NDArray.Copy<float>(sample.AsSpan<float>(), sample.Shape))
            score = Forward(module, plain, 1, output => TargetScore.Of(output, 1, target));
        using NDArray explained = Occlusion.Explain(
            NDArray.Wrap(DType.Float32, BatchOf(1), sample.Memory), score.Plain, grid, options.BatchSize,
            (inputs, copies) => Forward(module, inputs, copies, output => score.Read(output, copies)), cancellationToken);
        return picture is null ? InJson(explained) : HeatMap.Draw(picture, explained.AsSpan<float>()[..grid.Area], transform.CropWidth, transform.PlaceIn(picture.Width, picture.Height));
    }

    private static OcclusionGrid GridFor(PictureTransform transform, OcclusionOptions options)
    {
        try
        {
            return OcclusionGrid.Over([transform.CropHeight, transform.CropWidth], options);
        }
        catch (BadInputException mistake)
        {
            throw new HandlerConfigurationException(mistake.Message);
        }
    }

    private static Picture PictureOf(HandlerRequest request)
    {
        try
        {
            return PictureDecoder.Decode(request.Payload!.Content.Span, channels: 3, PngEncoder.MostPixels);
        }
        catch (PictureException mistake)
        {
            throw new BadInputException($"no heat map can be drawn: {mistake.Message}");
        }
    }

    private T Forward<T>(IScriptModule module, NDArray inputs, int copies, Func<NDArray, T> read)
    {
        using ForwardResult result = module.Forward(new TorchValue.Tensor(NDArray.Wrap(DType.Float32, BatchOf(copies), inputs.Memory)));
        return result.Value is TorchValue.Tensor { Array: { Shape.Length: 2 } output }
            ? read(output)
            : throw new UnusableOutputException($"An explanation needs [{copies}, classes] from the module, which returned {(result.Value is TorchValue.Tensor tensor ? tensor.Array.ToString() : $"a {result.Value.GetType().Name.ToLowerInvariant()}")}.");
    }

    private long[] BatchOf(int copies) => [copies, .. transform.OutputShape];

    private static HandlerAnswer InJson(NDArray explained)
    {
        NativeBuffer json = new(1 << 16);
        try
        {
            JsonValueWriter.WriteRow(json, new TorchValue.Tensor(explained), row: 0, rows: 1);
            return HandlerAnswer.Success(json.Written, memory: json);
        }
        catch
        {
            json.Dispose();
            throw;
        }
    }
}
