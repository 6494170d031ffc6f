namespace Eisen.Serve.EndToEnd;

/// <summary>Tests that take the whole machine, or measure it, with nothing beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
