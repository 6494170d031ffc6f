using System.Diagnostics.CodeAnalysis;

namespace Eisen.Serve.Data;

/// <summary>
/// The named fields of one request on their way through pre-processing, model and post-processing. It keeps the order in
/// which names came, as Python's dictionaries do, and owns the arrays that were handed to <see cref="Own"/>: they stay until
/// it is disposed, whether a field still holds them or not.
/// </summary>
public sealed class FieldDictionary : IDisposable
{
    private readonly OrderedDictionary<string, FieldValue> fields = new(StringComparer.Ordinal);
    private readonly List<IDisposable> owned = [];

    /// <summary>The names in order.</summary>
    public IReadOnlyList<string> Names => fields.Keys;

    /// <summary>The fields in order.</summary>
    public IReadOnlyList<KeyValuePair<string, FieldValue>> Fields => fields;

    /// <summary>Where the volumes lie that fields were read from, by the fields' names. These are no fields: no answer carries
    /// them, and they stay when their field goes, so that what was computed from a volume can be put where that was.</summary>
    public IDictionary<string, VolumeSpace> Spaces { get; } = new OrderedDictionary<string, VolumeSpace>(StringComparer.Ordinal);

    /// <summary>Gets a field, or sets it: a new name comes last, one that was there keeps its place.</summary>
    /// <exception cref="KeyNotFoundException">There is no such field to get.</exception>
    public FieldValue this[string name]
    {
        get => fields[name];
        set => fields[name] = value;
    }

    /// <summary>Gets a field when there is one.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out FieldValue? value) => fields.TryGetValue(name, out value);

    /// <summary>The array that a field holds.</summary>
    /// <exception cref="KeyNotFoundException">There is no such field; the message names those that there are.</exception>
    /// <exception cref="InvalidOperationException">The field holds something else.</exception>
    public NDArray Array(string name) => TryGet(name, out FieldValue? value)
        ? (value as FieldValue.Array ?? throw new InvalidOperationException($"Field {PrintableText.Quoted(name)} holds no array, but {value.GetType().Name}.")).Elements
        : throw new KeyNotFoundException($"There is no field {PrintableText.Quoted(name)}, but {string.Join(", ", Names.Select(PrintableText.Quoted))}.");

    /// <summary>Takes a field away; false when there was none.</summary>
    public bool Remove(string name) => fields.Remove(name);

    /// <summary>Disposes something together with the dictionary, and gives it back.</summary>
    public T Own<T>(T memory)
        where T : IDisposable
    {
        owned.Add(memory);
        return memory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable memory in owned)
            memory.Dispose();
        owned.Clear();
        fields.Clear();
    }
}
