using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>What a module returned for one request of a batch, as arrays over the memory of the whole.</summary>
internal static class OutputRow
{
    /// <summary>One row of each tensor, without the dimension of the batch.</summary>
    /// <exception cref="UnusableOutputException">A tensor's first dimension is not the batch.</exception>
    public static TorchValue Of(TorchValue output, int row, int rows) => Map(output, array =>
    {
        if (array.Shape.IsEmpty || array.Shape[0] != rows)
            throw new UnusableOutputException($"The module returned {array} for a batch of {rows}: the first dimension must be the batch.");
        int length = array.Memory.Length / rows;
        return NDArray.Wrap(array.DType, array.Shape[1..], array.Memory.Slice(row * length, length));
    });

    /// <summary>The same with a batch of one around it.</summary>
    public static TorchValue AsBatch(TorchValue row) => Map(row, array => NDArray.Wrap(array.DType, [1, .. array.Shape], array.Memory));

    private static TorchValue Map(TorchValue value, Func<NDArray, NDArray> change) => value switch
    {
        TorchValue.Tensor tensor => new TorchValue.Tensor(change(tensor.Array)),
        TorchValue.List list => new TorchValue.List([.. list.Items.Select(item => Map(item, change))]),
        TorchValue.Tuple tuple => new TorchValue.Tuple([.. tuple.Items.Select(item => Map(item, change))]),
        TorchValue.Dict dict => new TorchValue.Dict([.. dict.Items.Select(item => KeyValuePair.Create(item.Key, Map(item.Value, change)))]),
        _ => value,
    };
}
