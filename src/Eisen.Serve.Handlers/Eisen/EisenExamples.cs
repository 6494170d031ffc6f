using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Guesses inputs for a model's warm-up from its metadata: what has any size gets a small one, and goes through the
/// pre-processing.</summary>
internal static class EisenExamples
{
    // Networks that halve their input a few times need a multiple of a power of two.
    private const int SmallSize = 16;
    private const long MostBytes = 1 << 28;

    /// <summary>Makes the module's arguments.</summary>
    /// <param name="archive">The model.</param>
    /// <param name="batchSize">The first dimension, where it can be of any size.</param>
    /// <returns>Null when the metadata does not tell enough, or they would take too much memory.</returns>
    public static TorchValue[]? Make(EisenArchive archive, int batchSize)
    {
        if (archive.PreProcessing.ModuleFile is not null || archive.Metadata.Inputs.Any(field => field.Kind is not (EisenFieldKind.Array or EisenFieldKind.Text)))
            return null;
        using FieldDictionary fields = new();
        foreach (EisenField field in archive.Metadata.Inputs)
        {
            if (field.Kind == EisenFieldKind.Text)
            {
                fields[field.Name] = new FieldValue.Text("");
                continue;
            }

            long[] shape = [.. field.Shape.Select((length, dimension) => length >= 0 ? length : dimension == 0 ? batchSize : SmallSize)];
            if (!NDArray.Fits(DType.Float32, shape) || NDArray.ByteLength(DType.Float32, shape) > MostBytes)
                return null;
            fields[field.Name] = new FieldValue.Array(fields.Own(ExampleArray.Make(DType.Float32, shape)));
        }

        try
        {
            archive.PreProcessing.Apply(fields);
        }
        catch (BadInputException)
        {
            // The transforms want something that the metadata does not tell.
            return null;
        }

        List<TorchValue> arguments = [];
        foreach (string name in archive.Metadata.ModelInputs)
        {
            if (!fields.TryGet(name, out FieldValue? value) || value is not FieldValue.Array { Elements: var elements } || !NDArray.Fits(DType.Float32, elements.Shape))
            {
                arguments.ForEach(argument => ((TorchValue.Tensor)argument).Array.Dispose());
                return null;
            }

            NDArray copy = NDArray.Allocate(DType.Float32, elements.Shape);
            FloatArrays.Convert(elements, copy.AsSpan<float>());
            arguments.Add(new TorchValue.Tensor(copy));
        }

        return [.. arguments];
    }
}
