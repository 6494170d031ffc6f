using Eisen.Serve.Benchmarks.Results;

namespace Eisen.Serve.Benchmarks.Scenarios;

/// <summary>Something that is measured.</summary>
internal interface IScenario
{
    /// <summary>What the command line calls it.</summary>
    string Name { get; }

    /// <summary>Measures.</summary>
    /// <exception cref="ScenarioFailedException">An answer was missing or wrong.</exception>
    Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, CancellationToken cancellationToken);
}
