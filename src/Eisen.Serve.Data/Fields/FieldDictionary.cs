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

    /// <summary>Takes a field away; false when there was none.</summary>
    public bool Remove(string name) => fields.Remove(name);

    /// <summary>Disposes something together with the dictionary, and gives it back.</summary>
    public T Own<T>(T memory)
        where T : IDisposable
    {
        owned.Add(memory);
        return memory;
    }

    /// <summary>Disposes the arrays and buffers it owns that no field holds any more, in whole or in part. Between steps
    /// that make new arrays of volumes, this is most of the memory.</summary>
    public void DisposeUnheld()
    {
        List<ReadOnlyMemory<byte>> held = [];
        foreach (FieldValue value in fields.Values)
            Collect(value, held);
        for (int i = owned.Count - 1; i >= 0; i--)
        {
            ReadOnlyMemory<byte> memory = owned[i] switch
            {
                NDArray array => array.Memory,
                NativeBuffer buffer => buffer.Written,
                _ => default,
            };
            if (memory.IsEmpty || held.Exists(part => part.Span.Overlaps(memory.Span)))
                continue;
            owned[i].Dispose();
            owned.RemoveAt(i);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable memory in owned)
            memory.Dispose();
        owned.Clear();
        fields.Clear();
    }

    private static void Collect(FieldValue value, List<ReadOnlyMemory<byte>> held)
    {
        switch (value)
        {
            case FieldValue.Array array:
                held.Add(array.Elements.Memory);
                break;
            case FieldValue.Bytes bytes:
                held.Add(bytes.Content);
                break;
            case FieldValue.List list:
                foreach (FieldValue item in list.Items)
                    Collect(item, held);
                break;
            case FieldValue.Map map:
                foreach ((_, FieldValue item) in map.Items)
                    Collect(item, held);
                break;
        }
    }
}
