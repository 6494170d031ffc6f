namespace Eisen.Serve.Data;

/// <summary>What one of Eisen's fields holds: an array, or one of the values that its message format can carry, as a tree.</summary>
public abstract record FieldValue
{
    /// <summary>How deep a tree may be.</summary>
    public const int MaxDepth = 64;

    private FieldValue()
    {
    }

    /// <summary>A field that holds an array.</summary>
    public static implicit operator FieldValue(NDArray elements) => new Array(elements);

    /// <summary>A field that holds a text.</summary>
    public static implicit operator FieldValue(string content) => new Text(content);

    /// <summary>An array. Whoever holds the tree disposes it.</summary>
    /// <param name="Elements">Its dtype, shape and elements.</param>
    public sealed record Array(NDArray Elements) : FieldValue;

    /// <summary>A text.</summary>
    /// <param name="Content">The text.</param>
    public sealed record Text(string Content) : FieldValue;

    /// <summary>Raw bytes.</summary>
    /// <param name="Content">The bytes; they may lie in the message that they were read from.</param>
    public sealed record Bytes(ReadOnlyMemory<byte> Content) : FieldValue;

    /// <summary>A whole number.</summary>
    /// <param name="Number">From -2^63 to 2^64 - 1, as messages carry.</param>
    public sealed record Integer(Int128 Number) : FieldValue;

    /// <summary>A floating-point number.</summary>
    /// <param name="Number">The number.</param>
    public sealed record Float(double Number) : FieldValue;

    /// <summary>A truth value.</summary>
    /// <param name="Truth">The truth value.</param>
    public sealed record Bool(bool Truth) : FieldValue;

    /// <summary>A list.</summary>
    /// <param name="Items">The items in order.</param>
    public sealed record List(IReadOnlyList<FieldValue> Items) : FieldValue;

    /// <summary>A map from names to values; it keeps its order, as Python's does.</summary>
    /// <param name="Items">Names, each once, with their values.</param>
    public sealed record Map(IReadOnlyList<KeyValuePair<string, FieldValue>> Items) : FieldValue;

    /// <summary>Python's <c>None</c>.</summary>
    public sealed record None : FieldValue
    {
        private None()
        {
        }

        /// <summary>The one value of this type.</summary>
        public static None Instance { get; } = new();
    }
}
