namespace Eisen.Serve.Data;

/// <summary>What a field of an Eisen model holds, as its metadata says.</summary>
public enum EisenFieldKind
{
    /// <summary>An array: <c>ndarray</c>, <c>np.ndarray</c> or <c>nd.array</c>.</summary>
    Array,

    /// <summary>A text, or a list of texts, one for each sample: <c>str</c>.</summary>
    Text,

    /// <summary>A list: <c>list</c>.</summary>
    List,

    /// <summary>Any value: <c>json</c>.</summary>
    Json,
}
