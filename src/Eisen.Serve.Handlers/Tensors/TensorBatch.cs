using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>The tensors of requests that are alike, put together along the first dimension; and the way back.</summary>
internal sealed class TensorBatch : IDisposable
{
    private readonly List<TensorInput> inputs = [];
    private readonly int rows;

    /// <param name="requests">Requests with one key; at least one.</param>
    public TensorBatch(IReadOnlyList<TensorRequest> requests)
    {
        rows = requests.Count;
        try
        {
            for (int i = 0; i < requests[0].Inputs.Count; i++)
                inputs.Add(new TensorInput(requests[0].Inputs[i].Name, Join(requests, i)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The tensors of all.</summary>
    public IReadOnlyList<TensorInput> Inputs => inputs;

    /// <summary>Whether tensors of this size times a number can be.</summary>
    public static bool Fit(TensorRequest request, int count) =>
        request.Inputs.All(input => NDArray.Fits(input.Array.DType, JoinedShape(input.Array, count)));

    /// <summary>One request's part of the module's output; its tensors lie in the output's memory.</summary>
    /// <exception cref="UnusableOutputException">The output cannot be taken apart.</exception>
    public TorchValue RowsOf(TorchValue output, int row) => Outputs.Map(
        output,
        array => RowsOf(array, row),
        other => throw new UnusableOutputException($"The module returned {Outputs.Describe(other)} for {rows} requests: it must return tensors whose first dimension is theirs, or have the batch size 1."));

    public void Dispose()
    {
        foreach (TensorInput input in inputs)
            input.Array.Dispose();
    }

    private NDArray RowsOf(NDArray array, int row)
    {
        ReadOnlySpan<long> shape = array.Shape;
        // What is not as long as what went in is not the requests' one after the other.
        if (shape.IsEmpty || !IsLengthOfInput(shape[0]))
            throw new UnusableOutputException($"The module returned {array} for {rows} requests: the first dimension must be theirs.");
        int length = array.Memory.Length / rows;
        return NDArray.Wrap(array.DType, [shape[0] / rows, .. shape[1..]], array.Memory.Slice(row * length, length));
    }

    private bool IsLengthOfInput(long length) => inputs.Exists(input => input.Array.Shape[0] == length);

    private static NDArray Join(IReadOnlyList<TensorRequest> requests, int index)
    {
        NDArray first = requests[0].Inputs[index].Array;
        NDArray joined = NDArray.Allocate(first.DType, JoinedShape(first, requests.Count));
        for (int row = 0; row < requests.Count; row++)
            requests[row].Inputs[index].Array.Memory.CopyTo(joined.Memory[(row * first.Memory.Length)..]);
        return joined;
    }

    private static long[] JoinedShape(NDArray array, int count) => [array.Shape[0] * count, .. array.Shape[1..]];
}
