namespace Eisen.Serve.Handlers.Pickles;

/// <summary>A Python dictionary, or one of its kin: <c>OrderedDict</c>, <c>Counter</c>, <c>defaultdict</c>.</summary>
internal sealed class PickledDict
{
    /// <summary>The items; keys are texts, numbers, truth values, or other values that are only equal to themselves.</summary>
    public Dictionary<object, object?> Items { get; } = [];

    /// <summary>What it has for keys that are not in it: 0 for a counter; null for nothing.</summary>
    public long? Missing { get; init; }
}
