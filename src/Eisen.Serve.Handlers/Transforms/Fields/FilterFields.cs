using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>Keeps only the named fields, in the order in which they are named.</summary>
/// <param name="kept">The fields' names.</param>
internal sealed class FilterFields(string[] kept) : IFieldTransform
{
    public static FilterFields Read(TransformParameters parameters) => new(parameters.GetFields());

    public void Apply(FieldDictionary fields)
    {
        FieldValue[] values = [.. kept.Select(name => fields.Require(nameof(FilterFields), name))];
        foreach (string name in fields.Names.ToArray())
            fields.Remove(name);
        for (int i = 0; i < kept.Length; i++)
            fields[kept[i]] = values[i];
    }
}
