using System.Text.Json;
using System.Text.Json.Nodes;
using Eisen.Serve.Data;

namespace Eisen.Serve.Packing;

/// <summary>What an Eisen archive does before or after its model, for people to read.</summary>
/// <param name="FileName">The file that says it.</param>
/// <param name="Steps">Each transform with its parameters; for TorchScript, its signature.</param>
internal sealed record TransformList(string FileName, IReadOnlyList<string> Steps)
{
    private const int MostBytes = 1 << 20;

    /// <summary>Reads transforms in Eisen's configuration form; null when there are none, or none that can be read. What is
    /// wrong with them is the handler's to tell.</summary>
    /// <param name="folder">The archive's folder.</param>
    /// <param name="fileName">Such as <c>pre_process.json</c>.</param>
    public static TransformList? Read(string folder, string fileName)
    {
        FileInfo file = new(Path.Combine(folder, fileName));
        if (!file.Exists || file.Length > MostBytes)
            return null;
        try
        {
            JsonNode? root = JsonNode.Parse(File.ReadAllBytes(file.FullName), documentOptions: new JsonDocumentOptions { MaxDepth = FieldValue.MaxDepth });
            return root is JsonArray transforms ? new TransformList(fileName, [.. transforms.Select(Step)]) : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentException or InvalidOperationException or IOException)
        {
            return null;
        }
    }

    private static string Step(JsonNode? transform) => transform is JsonObject parts && parts["type"] is JsonValue type && type.TryGetValue(out string? name)
        ? $"{name} {parts["params"]?.ToJsonString()}".TrimEnd()
        : transform?.ToJsonString() ?? "null";
}
