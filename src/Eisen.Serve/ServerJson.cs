using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Eisen.Serve.Errors;
using Eisen.Serve.Inference;
using Eisen.Serve.Management;

namespace Eisen.Serve;

/// <summary>The server's own answers as TorchServe writes its: indented by two, with a newline at the end.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    IndentSize = 2,
    NewLine = "\n")]
[JsonSerializable(typeof(TorchServeError))]
[JsonSerializable(typeof(HealthStatus))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ServerDescription))]
[JsonSerializable(typeof(IReadOnlyList<ModelDescription>))]
[JsonSerializable(typeof(RegistrationRequest))]
[JsonSerializable(typeof(StatusMessage))]
[JsonSerializable(typeof(ModelReadiness))]
[JsonSerializable(typeof(OpenInferenceEndpoints.Metadata))]
[JsonSerializable(typeof(OpenInferenceEndpoints.Liveness))]
[JsonSerializable(typeof(OpenInferenceEndpoints.ServerReadiness))]
[JsonSerializable(typeof(OpenInferenceEndpoints.Refusal))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    /// <summary>The form without escapes that only HTML needs: a quotation mark in a message stays readable.</summary>
    public static ServerJson Readable =>
        field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Answers a request with a value.</summary>
    public static async Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        byte[] json = [.. JsonSerializer.SerializeToUtf8Bytes(value, type), (byte)'\n'];
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }
}
