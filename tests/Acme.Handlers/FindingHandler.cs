using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;

namespace Acme.Handlers;

/// <summary>Serializes a type of its own by reflection, with options of its own: the serializer remembers types as long as it has their options.</summary>
public sealed class FindingHandler : ArrayHandler
{
    private readonly JsonSerializerOptions options = new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    public override HandlerAnswer Encode(NDArray output, HandlerRequest request) =>
        HandlerAnswer.Success(JsonSerializer.SerializeToUtf8Bytes(new Finding("tumour", output.AsSpan<float>()[0]), options), "application/json");

    private sealed record Finding(string Name, double Score);
}
