namespace Eisen.Serve.Metrics;

/// <summary>A metric that is to be kept, as TorchServe's metrics YAML says it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">How values are put together.</param>
/// <param name="Unit">Its unit: <c>Count</c>, <c>ms</c>, <c>Percent</c>.</param>
/// <param name="Dimensions">The names of its labels in order, the host's name among them or not.</param>
internal sealed record MetricDefinition(string Name, MetricKind Kind, string Unit, IReadOnlyList<string> Dimensions);
