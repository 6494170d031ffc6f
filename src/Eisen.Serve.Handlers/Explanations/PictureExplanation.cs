using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>Explains what a classifier says of a picture, by <see cref="Occlusion"/>.</summary>
internal sealed class PictureExplanation
{
    private readonly PictureInput input;
    private readonly OcclusionOptions options;

    /// <param name="input">What makes the module's input of a picture.</param>
    /// <param name="options">How finely.</param>
    /// <exception cref="HandlerConfigurationException">The options do not fit a picture, or allow less than they ask for.</exception>
    public PictureExplanation(PictureInput input, OcclusionOptions options)
    {
        this.input = input;
        this.options = options;
        try
        {
            GridFor(input.Shape);
        }
        catch (BadInputException mistake)
        {
            throw new HandlerConfigurationException(mistake.Message);
        }
    }

    /// <summary>Explains a score of one picture.</summary>
    /// <param name="request">The request, which may name the class and ask for a heat map.</param>
    /// <param name="sample">The module's input for it: float32 [channels, height, width].</param>
    /// <param name="module">The classifier: float32 [N, channels, height, width] to [N, classes].</param>
    /// <param name="cancellationToken">Ends it before the next forward.</param>
    /// <returns>As TorchServe answers: nested lists [channels][height][width]; or a heat map over the picture.</returns>
    /// <exception cref="BadInputException">There is no such class, no heat map can be drawn, or it would take too many forwards.</exception>
    /// <exception cref="UnusableOutputException">The module is no such classifier.</exception>
    public HandlerAnswer Explain(HandlerRequest request, NDArray sample, IScriptModule module, CancellationToken cancellationToken)
    {
        int? target = TargetScore.Asked(request);
        OcclusionGrid grid = GridFor(sample.Shape);
        // The picture is there before the work is done, so that one that cannot be drawn upon costs nothing.
        bool isDrawn = HeatMap.IsWanted(request.Headers["Accept"]);
        using Picture? picture = isDrawn ? input.InColour(StackingHandler.PayloadOf(request)) : null;
        TargetScore score;
        using (NDArray plain = NDArray.Copy<float>(sample.AsSpan<float>(), sample.Shape))
            score = Forward(module, plain, sample.Shape, 1, output => TargetScore.Of(output, 1, target));
        using NDArray explained = Occlusion.Explain(
            NDArray.Wrap(DType.Float32, [1, .. sample.Shape], sample.Memory), score.Plain, grid, options.BatchSize,
            (inputs, copies) => Forward(module, inputs, sample.Shape, copies, output => score.Read(output, copies)), cancellationToken);
        return isDrawn ? Draw(picture, sample, explained, grid) : InJson(explained);
    }

    private OcclusionGrid GridFor(ReadOnlySpan<long> shape) => OcclusionGrid.Over([(int)shape[1], (int)shape[2]], options);

    private HandlerAnswer Draw(Picture? picture, NDArray sample, NDArray explained, OcclusionGrid grid)
    {
        int width = (int)sample.Shape[2];
        ReadOnlySpan<float> map = explained.AsSpan<float>()[..grid.Area];
        if (picture is not null)
            return HeatMap.Draw(picture, map, width, input.PlaceIn(picture));
        using Picture plane = HeatMap.InGrey(sample.AsSpan<float>()[..grid.Area], width);
        return HeatMap.Draw(plane, map, width, (0, 0, plane.Width, plane.Height));
    }

    private static T Forward<T>(IScriptModule module, NDArray inputs, ReadOnlySpan<long> shape, int copies, Func<NDArray, T> read)
    {
        using ForwardResult result = module.Forward(new TorchValue.Tensor(NDArray.Wrap(DType.Float32, [copies, .. shape], inputs.Memory)));
        return result.Value is TorchValue.Tensor { Array: { Shape.Length: 2 } output }
            ? read(output)
            : throw new UnusableOutputException($"An explanation needs [{copies}, classes] from the module, which returned {Outputs.Describe(result.Value)}.");
    }

    private static HandlerAnswer InJson(NDArray explained) =>
        WrittenAnswer.Make(new TorchValue.Tensor(explained), static (json, lists) => JsonValueWriter.WriteRow(json, lists, row: 0, rows: 1), capacity: 1 << 16);
}
