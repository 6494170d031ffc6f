namespace Eisen.Serve.Client.Tests;

/// <summary>Tests that measure this process, with nothing beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
