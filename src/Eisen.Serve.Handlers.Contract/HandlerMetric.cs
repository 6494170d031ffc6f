namespace Eisen.Serve.Handlers;

/// <summary>A value that a handler measured.</summary>
/// <param name="Name">Its name, for example <c>HandlerTime</c>.</param>
/// <param name="Unit">Its unit as TorchServe writes it: <c>count</c>, <c>ms</c>, <c>MB</c>, <c>percent</c> and others.</param>
/// <param name="Type"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
/// <param name="Value">The value.</param>
/// <param name="Dimensions">What it was measured of, by name.</param>
/// <param name="RequestId">The request that it was measured for; null when for none.</param>
public sealed record HandlerMetric(string Name, string Unit, string Type, double Value, IReadOnlyDictionary<string, string> Dimensions, string? RequestId);
