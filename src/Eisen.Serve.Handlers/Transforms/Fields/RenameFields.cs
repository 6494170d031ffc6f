using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>Gives fields other names, one after the other. A renamed field comes last, unless there is one of its new name
/// already, whose place it takes.</summary>
/// <param name="names">The fields' names.</param>
/// <param name="newNames">As many new names.</param>
internal sealed class RenameFields(string[] names, string[] newNames) : IFieldTransform
{
    public static RenameFields Read(TransformParameters parameters)
    {
        string[] names = parameters.GetFields();
        string[] newNames = parameters.GetFields("new_fields");
        parameters.RequireSameLength("fields", names.Length, "new_fields", newNames.Length);
        return new RenameFields(names, newNames);
    }

    public void Apply(FieldDictionary fields)
    {
        foreach ((string name, string newName) in names.Zip(newNames))
        {
            FieldValue value = fields.Require(nameof(RenameFields), name);
            fields.Remove(name);
            fields[newName] = value;
            if (fields.Spaces.Remove(name, out VolumeSpace? space))
                fields.Spaces[newName] = space;
        }
    }
}
