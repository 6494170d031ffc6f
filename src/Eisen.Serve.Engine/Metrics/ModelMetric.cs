namespace Eisen.Serve.Engine;

/// <summary>A value that a model's handler measured.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Name">What was measured, in the handler's words.</param>
/// <param name="Kind">How it is put together with others of its name.</param>
/// <param name="Value">The value.</param>
/// <param name="Unit">Its unit as TorchServe writes it: <c>count</c>, <c>ms</c>, <c>MB</c>, <c>percent</c>.</param>
/// <param name="Dimensions">Names with values that tell it from others of its name, in order.</param>
/// <param name="RequestId">The request that it belongs to; null for none.</param>
public sealed record ModelMetric(
    string Model, string Name, ModelMetricKind Kind, double Value, string Unit, IReadOnlyList<KeyValuePair<string, string>> Dimensions, string? RequestId);
