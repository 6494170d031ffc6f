using System.Globalization;
using System.Numerics.Tensors;
using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>Explains what an Eisen model says of its inputs, by <see cref="Occlusion"/>: each of the arrays that the model gets after
/// pre-processing, while the others stay as they are.</summary>
/// <param name="metadata">What the model takes and gives.</param>
/// <param name="options">How finely.</param>
/// <param name="output">Which of the model's outputs is explained, in the metadata's order.</param>
internal sealed class EisenExplanation(EisenMetadata metadata, OcclusionOptions options, int output)
{
    // What the arguments of a forward may take together, where several patches could share it.
    private const long MostArgumentBytes = 1L << 28;

    /// <summary>Explains the model's inputs of one request.</summary>
    /// <param name="inputs">The inputs after pre-processing; they are left as they are.</param>
    /// <param name="isBatch">Whether their first dimension is a batch of any size.</param>
    /// <param name="target">The class; null for the likeliest.</param>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Ends it before the next forward.</param>
    /// <returns>Of each input, in the metadata's order, float32 of its shape, to be disposed by the caller, and along how many of its
    /// last axes patches extended.</returns>
    /// <exception cref="BadInputException">There is no such class, or it would take more forwards than are allowed.</exception>
    /// <exception cref="UnusableOutputException">The module's output is nothing that can be explained.</exception>
    public (NDArray Array, int Axes)[] Explain(NDArray[] inputs, bool isBatch, int? target, IScriptModule model, CancellationToken cancellationToken)
    {
        List<IDisposable> owned = [];
        try
        {
            NDArray[] floats = [.. inputs.Select(input => Keep(owned, AsFloats(input)))];
            (TargetScore score, Layout layout) = Choose(floats, isBatch, target, model);
            OcclusionGrid[] grids = [.. floats.Select((input, index) => OcclusionGrid.Over(layout.AxesOf(input, metadata.ModelInputs[index]), options))];
            if (grids.Sum(grid => (long)grid.Count) is var patches && patches > options.MostPatches)
                throw new BadInputException($"an explanation of all inputs takes {patches} forwards, and handler.explain_limit allows {options.MostPatches}; raise it, or explain_patch and explain_stride");

            int batchSize = layout.CanRepeat ? (int)Math.Clamp(MostArgumentBytes / floats.Sum(input => (long)input.Memory.Length), 1, options.BatchSize) : 1;
            List<NDArray> explained = [];
            try
            {
                for (int i = 0; i < floats.Length; i++)
                {
                    int index = i;
                    explained.Add(Occlusion.Explain(
                        floats[index], score.Plain, grids[index], batchSize,
                        (hidden, copies) => Forward(model, Arguments(floats, index, hidden, copies, layout), outputs => score.Read(outputs, copies)), cancellationToken));
                }

                return [.. explained.Zip(grids, (array, grid) => (array, grid.Axes))];
            }
            catch
            {
                explained.ForEach(array => array.Dispose());
                throw;
            }
        }
        finally
        {
            owned.ForEach(array => array.Dispose());
        }
    }

    /// <summary>Draws an explanation over its input: a picture, or of a volume the slice along its first axis with the greatest
    /// number.</summary>
    /// <param name="input">The input after pre-processing.</param>
    /// <param name="explained">Its explanation.</param>
    /// <param name="axes">Along how many of its last axes patches extended.</param>
    /// <exception cref="BadInputException">That is along one, or none.</exception>
    public static HandlerAnswer Draw(NDArray input, NDArray explained, int axes)
    {
        if (axes < 2)
            throw new BadInputException($"no heat map can be drawn of {input}; it takes a picture or a volume");
        // Of a batch and of channels the first is drawn.
        ReadOnlySpan<long> shape = explained.Shape;
        int width = (int)shape[^1];
        int slice = width * (int)shape[^2];
        int depth = axes == 3 ? (int)shape[^3] : 1;
        ReadOnlySpan<float> map = explained.AsSpan<float>()[..(slice * depth)];
        int number = TensorPrimitives.IndexOfMaxMagnitude(map) / slice;
        using NDArray floats = AsFloats(input);
        using Images.Picture picture = HeatMap.InGrey(floats.AsSpan<float>().Slice(number * slice, slice), width);
        KeyValuePair<string, string>[] headers = axes == 3 ? [new("X-Heat-Map-Slice", number.ToString(CultureInfo.InvariantCulture))] : [];
        return HeatMap.Draw(picture, map.Slice(number * slice, slice), width, (0, 0, picture.Width, picture.Height), headers);
    }

    private (TargetScore Score, Layout Layout) Choose(NDArray[] inputs, bool isBatch, int? target, IScriptModule model) =>
        Forward(model, Array.ConvertAll(inputs, AsFloats), array =>
        {
            long rows = isBatch ? inputs[0].Shape[0] : 1;
            bool hasBatch = array.Shape.Length > 0 && array.Shape[0] == rows && (isBatch || inputs.All(input => input.Shape is [1, _, ..]));
            NDArray seen = hasBatch ? array : NDArray.Wrap(array.DType, [1, .. array.Shape], array.Memory);
            return (TargetScore.Of(seen, hasBatch ? (int)rows : 1, target), new Layout(hasBatch, hasBatch && isBatch));
        });

    /// <summary>Runs the model and disposes its arguments.</summary>
    private T Forward<T>(IScriptModule model, NDArray[] arguments, Func<NDArray, T> read)
    {
        try
        {
            using ForwardResult result = model.Forward(Array.ConvertAll(arguments, TorchValue (argument) => new TorchValue.Tensor(argument)));
            return read(EisenOutputs.Read(result.Value, metadata.ModelOutputs)[output]);
        }
        finally
        {
            Array.ForEach(arguments, argument => argument.Dispose());
        }
    }

    // A module may work in place: what it gets is never what is explained.
    private static NDArray[] Arguments(NDArray[] inputs, int index, NDArray hidden, int copies, Layout layout)
    {
        NDArray[] arguments = new NDArray[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            long[] shape = layout.CanRepeat ? [copies * inputs[i].Shape[0], .. inputs[i].Shape[1..]] : inputs[i].Shape.ToArray();
            arguments[i] = i == index ? NDArray.Wrap(DType.Float32, shape, hidden.Memory) : NDArray.Allocate(DType.Float32, shape);
            for (int copy = 0; i != index && copy < copies; copy++)
                inputs[i].Memory.CopyTo(arguments[i].Memory[(copy * inputs[i].Memory.Length)..]);
        }

        return arguments;
    }

    private static NDArray AsFloats(NDArray input)
    {
        NDArray floats = NDArray.Allocate(DType.Float32, input.Shape);
        FloatArrays.Convert(input, floats.AsSpan<float>());
        return floats;
    }

    private static NDArray Keep(List<IDisposable> owned, NDArray array)
    {
        owned.Add(array);
        return array;
    }

    /// <summary>What the dimensions of the model's inputs are.</summary>
    /// <param name="HasBatch">Whether the first one counts samples.</param>
    /// <param name="CanRepeat">Whether there may be any number of them.</param>
    private sealed record Layout(bool HasBatch, bool CanRepeat)
    {
        /// <summary>The lengths of the axes that patches extend along: all of a row or a matrix, and of more dimensions those behind
        /// the channels, the last three at most.</summary>
        public int[] AxesOf(NDArray input, string name)
        {
            if (input.ElementCount == 0)
                throw new BadInputException($"field {PrintableText.Quoted(name)} is {input} after pre-processing, of which nothing can be explained");
            ReadOnlySpan<long> own = HasBatch ? input.Shape[1..] : input.Shape;
            int axes = own.Length > 2 ? Math.Min(own.Length - 1, OcclusionOptions.MostAxes) : own.Length;
            return [.. own[^axes..].ToArray().Select(length => (int)length)];
        }
    }
}
