using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>Sets fields to values that the configuration gives.</summary>
/// <param name="names">The fields' names.</param>
/// <param name="values">As many values.</param>
internal sealed class CreateConstantFlags(string[] names, FieldValue[] values) : IFieldTransform
{
    public static CreateConstantFlags Read(TransformParameters parameters)
    {
        string[] names = parameters.GetFields();
        FieldValue[] values = parameters.GetValues("values");
        parameters.RequireSameLength("fields", names.Length, "values", values.Length);
        return new CreateConstantFlags(names, values);
    }

    public void Apply(FieldDictionary fields)
    {
        for (int i = 0; i < names.Length; i++)
            fields[names[i]] = values[i];
    }
}
