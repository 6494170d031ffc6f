namespace Eisen.Serve.Tests;

/// <summary>Tests that run with nothing beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
