namespace Eisen.Serve.Python.Tests;

/// <summary>Tests that change this process's environment run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EnvironmentCollection
{
    public const string Name = "environment";
}
