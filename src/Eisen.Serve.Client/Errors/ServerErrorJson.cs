using System.Text.Json.Serialization;

namespace Eisen.Serve.Client;

/// <summary>TorchServe's form of an error.</summary>
internal sealed record ServerErrorBody(int? Code, string? Type, string? Message);

/// <summary>How it is written in JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServerErrorBody))]
internal sealed partial class ServerErrorJson : JsonSerializerContext;
