namespace Eisen.Serve.Handlers.Tests;

/// <summary>Tests that look at the memory of the process: nothing else may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MemoryCollection
{
    public const string Name = "memory";
}
