using System.Runtime.InteropServices;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>The model's inputs for some requests, joined along the first dimension, and its outputs' way back to each.</summary>
/// <remarks>Inputs become float32. What is float32 already is given to the model where it lies, if the request is alone.</remarks>
internal sealed class EisenBatch : IDisposable
{
    private readonly PreparedRequest[] requests;
    private readonly NDArray[] inputs;
    private readonly List<IDisposable> owned = [];

    /// <param name="requests">At least one request, whose inputs differ in the first dimension only.</param>
    public EisenBatch(params PreparedRequest[] requests)
    {
        this.requests = requests;
        try
        {
            inputs = [.. Enumerable.Range(0, requests[0].Inputs!.Length).Select(Join)];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The module's arguments.</summary>
    public TorchValue[] Arguments => Array.ConvertAll(inputs, TorchValue (input) => new TorchValue.Tensor(input));

    /// <summary>A key that is equal for requests whose inputs can be joined.</summary>
    /// <param name="inputs">The model's inputs of one request.</param>
    /// <returns>Null when they cannot be joined with any: one has no elements, no first dimension, or not the others' length there.</returns>
    public static string? KeyOf(NDArray[] inputs)
    {
        if (inputs.Length == 0 || inputs.Any(input => input.Shape.IsEmpty || input.ElementCount == 0 || input.Shape[0] != inputs[0].Shape[0]))
            return null;
        return string.Join(';', inputs.Select(input => string.Join(',', input.Shape[1..].ToArray())));
    }

    /// <summary>Whether all of the requests together are less than an array may be.</summary>
    public static bool Fits(IReadOnlyList<PreparedRequest> requests) => Enumerable.Range(0, requests[0].Inputs!.Length)
        .All(input => NDArray.Fits(DType.Float32, ShapeOf(requests, input)));

    /// <summary>One request's rows of a joined array.</summary>
    /// <param name="array">A model's input or output.</param>
    /// <param name="index">Which request.</param>
    public NDArray RowsOf(NDArray array, int index)
    {
        if (requests.Length == 1)
            return array;
        long rows = RowsOf(requests[index]);
        long before = requests.Take(index).Sum(RowsOf);
        int rowBytes = array.Memory.Length / (int)array.Shape[0];
        return NDArray.Wrap(array.DType, [rows, .. array.Shape[1..]], array.Memory.Slice((int)before * rowBytes, (int)rows * rowBytes));
    }

    /// <summary>Whether an output's first dimension is that of the joined inputs.</summary>
    public bool CanSplit(NDArray output) => requests.Length == 1 || (!output.Shape.IsEmpty && output.Shape[0] == requests.Sum(RowsOf));

    /// <summary>An input of the model as one request's part of it.</summary>
    public NDArray InputOf(int input, int index) => RowsOf(inputs[input], index);

    /// <inheritdoc/>
    public void Dispose() => owned.ForEach(memory => memory.Dispose());

    private static long RowsOf(PreparedRequest request) => request.Inputs![0].Shape[0];

    private static long[] ShapeOf(IReadOnlyList<PreparedRequest> requests, int input)
    {
        NDArray first = requests[0].Inputs![input];
        return requests.Count == 1 ? first.Shape.ToArray() : [requests.Sum(RowsOf), .. first.Shape[1..]];
    }

    private NDArray Join(int input)
    {
        NDArray first = requests[0].Inputs![input];
        if (requests.Length == 1 && FloatArrays.IsReady(first))
            return first;
        NDArray joined = NDArray.Allocate(DType.Float32, ShapeOf(requests, input));
        owned.Add(joined);
        Span<float> left = MemoryMarshal.Cast<byte, float>(joined.Memory.Span);
        foreach (PreparedRequest request in requests)
        {
            NDArray part = request.Inputs![input];
            FloatArrays.Convert(part, left[..part.ElementCount]);
            left = left[part.ElementCount..];
        }

        return joined;
    }
}
