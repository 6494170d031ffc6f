namespace Eisen.Serve.Python;

/// <summary>A value that a handler measured, as its worker tells it.</summary>
internal sealed record WorkerMetric
{
    public required string Name { get; init; }

    public double Value { get; init; }

    public string Unit { get; init; } = "";

    public string Type { get; init; } = "";

    public Dictionary<string, string>? Dimensions { get; init; }

    public string? RequestId { get; init; }
}
