namespace Eisen.Serve.Tests;

/// <summary>Tests that set environment variables, which the whole process shares.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EnvironmentCollection
{
    public const string Name = "environment";
}
