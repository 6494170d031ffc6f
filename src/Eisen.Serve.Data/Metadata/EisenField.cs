namespace Eisen.Serve.Data;

/// <summary>A field that an Eisen model takes or gives, as its metadata describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as it is written: <c>ndarray</c>, <c>np.ndarray</c>, <c>nd.array</c>, <c>str</c>, <c>list</c> or
/// <c>json</c>.</param>
/// <param name="Shape">The length of each dimension; -1 for any.</param>
public sealed record EisenField(string Name, string Type, IReadOnlyList<long> Shape)
{
    internal const string TypeNames = "'ndarray', 'np.ndarray', 'nd.array', 'str', 'list' or 'json'";

    /// <summary>What the field holds.</summary>
    /// <exception cref="InvalidOperationException">The type is none of Eisen's.</exception>
    public EisenFieldKind Kind => KindOf(Type) ?? throw new InvalidOperationException($"'{Type}' is not a field's type; it is {TypeNames}.");

    /// <summary>What the field takes, for messages: <c>an array of shape [-1, 3]</c>.</summary>
    public string Expectation => Kind switch
    {
        EisenFieldKind.Array => $"an array of shape {Join(Shape)}",
        EisenFieldKind.Text => "a text",
        EisenFieldKind.List when Shape is [>= 0 and var length] => $"a list of {length} items",
        EisenFieldKind.List => "a list",
        _ => "any value",
    };

    /// <summary>Says what is wrong with a value for this field: its kind, its rank, or a size that is not -1.</summary>
    /// <returns>A text that names the field, what is expected and what is given; null when the value fits. Raw bytes fit an array:
    /// pre-processing may make one of them.</returns>
    public string? MistakeIn(FieldValue value)
    {
        bool fits = (Kind, value) switch
        {
            (EisenFieldKind.Array, FieldValue.Array array) => Fits(array.Elements.Shape),
            (EisenFieldKind.Array, FieldValue.Bytes) => true,
            (EisenFieldKind.Text, FieldValue.Text) => true,
            (EisenFieldKind.Text, FieldValue.List texts) => texts.Items.All(item => item is FieldValue.Text),
            (EisenFieldKind.List, FieldValue.List list) => Shape is not [>= 0 and var length] || length == list.Items.Count,
            (EisenFieldKind.List, FieldValue.Array array) => Fits(array.Elements.Shape),
            (EisenFieldKind.Json, _) => true,
            _ => false,
        };
        return fits ? null : $"field {PrintableText.Quoted(Name)} must be {Expectation}, but {NameOf(value)} was given";
    }

    internal static EisenFieldKind? KindOf(string type) => type switch
    {
        "ndarray" or "np.ndarray" or "nd.array" => EisenFieldKind.Array,
        "str" => EisenFieldKind.Text,
        "list" => EisenFieldKind.List,
        "json" => EisenFieldKind.Json,
        _ => null,
    };

    private bool Fits(ReadOnlySpan<long> given)
    {
        if (given.Length != Shape.Count)
            return false;
        for (int i = 0; i < given.Length; i++)
        {
            if (Shape[i] >= 0 && Shape[i] != given[i])
                return false;
        }

        return true;
    }

    private static string NameOf(FieldValue value) => value switch
    {
        FieldValue.Array array => $"an array {array.Elements}",
        FieldValue.Text => "a text",
        FieldValue.Bytes => "raw bytes",
        FieldValue.Integer or FieldValue.Float => "a number",
        FieldValue.Bool => "a truth value",
        FieldValue.List list => $"a list of {list.Items.Count} items",
        FieldValue.Map => "a map",
        _ => "nothing",
    };

    // A shape has at most 32 dimensions: it is short enough for a message.
    private static string Join(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
