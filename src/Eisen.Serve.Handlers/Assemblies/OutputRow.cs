using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>What a module returned for one request of a batch, as arrays over the memory of the whole.</summary>
internal static class OutputRow
{
    /// <summary>One row of each tensor, without the dimension of the batch.</summary>
    /// <exception cref="UnusableOutputException">A tensor's first dimension is not the batch.</exception>
    public static TorchValue Of(TorchValue output, int row, int rows) => Outputs.Map(output, array =>
    {
        if (array.Shape.IsEmpty || array.Shape[0] != rows)
            throw new UnusableOutputException($"The module returned {array} for a batch of {rows}: the first dimension must be the batch.");
        int length = array.Memory.Length / rows;
        return NDArray.Wrap(array.DType, array.Shape[1..], array.Memory.Slice(row * length, length));
    }, static other => other);

    /// <summary>The same with a batch of one around it.</summary>
    public static TorchValue AsBatch(TorchValue row) => Outputs.Map(row, static array => NDArray.Wrap(array.DType, [1, .. array.Shape], array.Memory), static other => other);
}
