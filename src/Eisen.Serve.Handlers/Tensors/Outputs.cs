using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Looks at what a module returned.</summary>
internal static class Outputs
{
    /// <summary>What a value is, for messages: a tensor with its dtype and shape, <c>float32[1, 3]</c>, or <c>a dict</c>.</summary>
    public static string Describe(TorchValue value) => value is TorchValue.Tensor tensor ? tensor.Array.ToString() : $"a {value.GetType().Name.ToLowerInvariant()}";

    /// <summary>A dictionary's tensor; null when it has none of this name.</summary>
    public static NDArray? Find(TorchValue.Dict dict, string name) =>
        (dict.Items.FirstOrDefault(item => item.Key is TorchValue.String { Text: var key } && key == name).Value as TorchValue.Tensor)?.Array;

    /// <summary>The same tree with other tensors.</summary>
    /// <param name="value">The tree.</param>
    /// <param name="change">Gives another tensor for each.</param>
    /// <param name="other">Gives what stands for a value that is neither a tensor nor holds others.</param>
    public static TorchValue Map(TorchValue value, Func<NDArray, NDArray> change, Func<TorchValue, TorchValue> other) => value switch
    {
        TorchValue.Tensor tensor => new TorchValue.Tensor(change(tensor.Array)),
        TorchValue.List list => new TorchValue.List([.. list.Items.Select(item => Map(item, change, other))]),
        TorchValue.Tuple tuple => new TorchValue.Tuple([.. tuple.Items.Select(item => Map(item, change, other))]),
        TorchValue.Dict dict => new TorchValue.Dict([.. dict.Items.Select(item => KeyValuePair.Create(item.Key, Map(item.Value, change, other)))]),
        _ => other(value),
    };
}
