namespace Eisen.Serve.Data.Tests;

/// <summary>Tests of what the whole process shares: nothing may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
