using Eisen.Serve.Engine;

namespace Eisen.Serve.Configuration;

/// <summary>What <c>models</c> or <c>model_snapshot</c> says of a model's version.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version.</param>
internal sealed record ModelRecord(string Name, string Version)
{
    /// <summary>The archive's name in the model store; null when nothing is said.</summary>
    public string? MarName { get; init; }

    /// <summary>The handler that its registration asked for instead of the archive's; null when it did not.</summary>
    public string? Handler { get; init; }

    /// <summary>Whether it answers when a request names no version.</summary>
    public bool IsDefault { get; init; }

    /// <summary>How it runs.</summary>
    public ModelParameters Parameters { get; init; } = new();
}
