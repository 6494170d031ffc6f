using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Handlers;

/// <summary>What a handler knows of the archive that it was made for. A handler of your own gets it through its constructor.</summary>
/// <param name="ModelName">The name that the model is registered by.</param>
/// <param name="ModelVersion">Its version.</param>
/// <param name="Folder">The folder with the archive's files; they stay as long as the handler does.</param>
/// <param name="Parameters">The <c>handler:</c> section of the archive's model-config.yaml; empty when it has none. Read it, never change it.</param>
/// <param name="Logger">Writes to the model log.</param>
public sealed record HandlerContext(string ModelName, string ModelVersion, string Folder, JsonObject Parameters, ILogger Logger)
{
    /// <summary>Takes what the handler measures.</summary>
    public HandlerMetrics Metrics { get; init; } = HandlerMetrics.None;
}
