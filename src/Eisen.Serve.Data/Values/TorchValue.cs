namespace Eisen.Serve.Data;

/// <summary>A value that goes into a forward or comes out of one: TorchScript's values as a tree.</summary>
public abstract record TorchValue
{
    /// <summary>How deep a tree may be. TorchScript's types are finite, so real ones are shallow.</summary>
    public const int MaxDepth = 64;

    private TorchValue()
    {
    }

    /// <summary>A tensor.</summary>
    /// <param name="Array">Its elements.</param>
    public sealed record Tensor(NDArray Array) : TorchValue;

    /// <summary>A list, whose items TorchScript wants to be of one type.</summary>
    /// <param name="Items">The items in order.</param>
    public sealed record List(IReadOnlyList<TorchValue> Items) : TorchValue;

    /// <summary>A tuple; a named tuple comes back as a plain one.</summary>
    /// <param name="Items">The items in order.</param>
    public sealed record Tuple(IReadOnlyList<TorchValue> Items) : TorchValue;

    /// <summary>A dictionary; it keeps its order, as Python's does.</summary>
    /// <param name="Items">Keys (strings, integers, floats or booleans) with their values.</param>
    public sealed record Dict(IReadOnlyList<KeyValuePair<TorchValue, TorchValue>> Items) : TorchValue;

    /// <summary>A Python <c>str</c>.</summary>
    /// <param name="Text">The text.</param>
    public sealed record String(string Text) : TorchValue;

    /// <summary>A Python <c>int</c>.</summary>
    /// <param name="Number">The number; TorchScript's integers have 64 bits.</param>
    public sealed record Int(long Number) : TorchValue;

    /// <summary>A Python <c>float</c>.</summary>
    /// <param name="Number">The number.</param>
    public sealed record Float(double Number) : TorchValue;

    /// <summary>A Python <c>bool</c>.</summary>
    /// <param name="Truth">The truth value.</param>
    public sealed record Bool(bool Truth) : TorchValue;

    /// <summary>Python's <c>None</c>.</summary>
    public sealed record None : TorchValue
    {
        private None()
        {
        }

        /// <summary>The one value of this type.</summary>
        public static None Instance { get; } = new();
    }
}
