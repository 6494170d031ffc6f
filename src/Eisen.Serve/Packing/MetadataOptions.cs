namespace Eisen.Serve.Packing;

/// <summary>What the command line of <c>create-metadata</c> says.</summary>
internal sealed record MetadataOptions
{
    public required FieldLists Inputs { get; init; }

    public required FieldLists Outputs { get; init; }

    /// <summary>Null for all inputs.</summary>
    public IReadOnlyList<string>? ModelInputs { get; init; }

    /// <summary>Null for all outputs.</summary>
    public IReadOnlyList<string>? ModelOutputs { get; init; }

    /// <summary>A JSON object.</summary>
    public string? Custom { get; init; }

    /// <summary>Fields as parallel lists.</summary>
    public sealed record FieldLists(IReadOnlyList<string> Names, IReadOnlyList<string> Types, IReadOnlyList<string> Shapes);
}
