using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>A transform that makes of each of its fields' arrays another one.</summary>
/// <param name="transform">Its own name, for messages.</param>
/// <param name="names">The fields' names.</param>
internal abstract class ArrayTransform(string transform, string[] names) : IFieldTransform
{
    public void Apply(FieldDictionary fields)
    {
        foreach (string name in names)
            fields[name] = new FieldValue.Array(Transform(fields.RequireArray(transform, name)));
    }

    /// <summary>Makes the array that comes into the field's place.</summary>
    /// <exception cref="BadInputException">The transform cannot use the array.</exception>
    protected abstract NDArray Transform(FieldArray source);
}
