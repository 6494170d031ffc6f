using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Takes the named outputs out of what an Eisen model returned.</summary>
internal static class EisenOutputs
{
    /// <summary>Reads a returned value: a tuple or a list has an output for each name, in order, and anything else is one output.</summary>
    /// <param name="returned">What the model returned.</param>
    /// <param name="names">The outputs' names; what is returned beyond them is left out.</param>
    /// <returns>As many arrays as names, of dtypes that numpy has.</returns>
    /// <exception cref="UnusableOutputException">There are fewer outputs than names, or one is no tensor.</exception>
    public static NDArray[] Read(TorchValue returned, IReadOnlyList<string> names)
    {
        IReadOnlyList<TorchValue> values = returned switch
        {
            TorchValue.Tuple tuple => tuple.Items,
            TorchValue.List list => list.Items,
            _ => [returned],
        };
        if (values.Count < names.Count)
            throw new UnusableOutputException($"The module returned {values.Count} outputs, but the metadata's model_output_list names {names.Count}; {PrintableText.Quoted(names[values.Count])} is missing.");
        return [.. names.Select((name, index) => values[index] is TorchValue.Tensor { Array: var array }
            ? array.DType == DType.BFloat16 ? FloatArrays.Widen(array) : array
            : throw new UnusableOutputException($"The module returned a {values[index].GetType().Name.ToLowerInvariant()} for {PrintableText.Quoted(name)}, where a tensor should be."))];
    }
}
