namespace Eisen.Serve.Handlers;

/// <summary>What an Eisen archive does before its model, or after it: transforms in Eisen's configuration form
/// (<c>pre_process.json</c>), a TorchScript module from <c>Dict[str, Tensor]</c> to the same (<c>pre_process.pt</c>), or nothing.</summary>
/// <param name="Transforms">The transforms in order; none where there is a module.</param>
/// <param name="ModuleFile">The module's file in the archive's folder; null where there is none.</param>
internal sealed record Processing(IReadOnlyList<IFieldTransform> Transforms, string? ModuleFile)
{
    /// <summary>Reads <c>NAME.json</c> or <c>NAME.pt</c>, whichever the archive has.</summary>
    /// <param name="folder">The archive's folder.</param>
    /// <param name="name"><c>pre_process</c> or <c>post_process</c>.</param>
    /// <param name="mistakes">Gets what is wrong.</param>
    public static Processing Read(string folder, string name, List<string> mistakes)
    {
        string json = Path.Combine(folder, $"{name}.json");
        bool hasModule = File.Exists(Path.Combine(folder, $"{name}.pt"));
        if (!File.Exists(json))
            return new Processing([], hasModule ? $"{name}.pt" : null);
        if (hasModule)
            mistakes.Add($"the archive has both {name}.json and {name}.pt; it takes one of them");
        try
        {
            return new Processing(FieldTransforms.Read(json), null);
        }
        catch (HandlerConfigurationException mistake)
        {
            mistakes.Add(mistake.Message);
            return new Processing([], null);
        }
    }

    /// <summary>Runs the transforms.</summary>
    /// <exception cref="BadInputException">One of them cannot use what a field holds.</exception>
    public void Apply(Data.FieldDictionary fields)
    {
        foreach (IFieldTransform transform in Transforms)
            transform.Apply(fields);
    }
}
