using System.Text.Json.Serialization;
using Eisen.Serve.Access;

namespace Eisen.Serve.Inference;

/// <summary>What TorchServe serves of the Open Inference Protocol where <c>ts_open_inference_protocol</c> is on.</summary>
internal static class OpenInferenceEndpoints
{
    /// <summary>Maps the paths below <c>/v2</c>.</summary>
    public static void MapOpenInferenceProtocol(this IEndpointRouteBuilder endpoints)
    {
        RouteGroupBuilder group = endpoints.MapGroup("/v2").WithTags("Open Inference Protocol");
        // As Delegates they are described; as RequestDelegates they would not be.
        Delegate metadata = (HttpContext context) => ServerJson.WriteAsync(context, new Metadata(), ServerJson.Readable.Metadata);
        Delegate live = (HttpContext context) => ServerJson.WriteAsync(context, new Liveness(true), ServerJson.Readable.Liveness);
        group.MapGet("", metadata).WithSummary("What the server is.").Produces<Metadata>();
        group.MapGet("/health/live", live).WithoutToken().WithSummary("Whether the server runs.").Produces<Liveness>();
        group.MapGet("/health/ready", ReadyAsync).WithoutToken().WithSummary("Whether the server takes requests.").Produces<ServerReadiness>();
        group.MapGet("/models/{model}/versions/{version}/{**rest}", (HttpContext context) =>
            ServerJson.WriteAsync(context, new Refusal("Model versioning is not yet supported."), ServerJson.Readable.Refusal, StatusCodes.Status501NotImplemented)).ExcludeFromDescription();
    }

    private static Task ReadyAsync(HttpContext context, Hosting.Readiness readiness) =>
        ServerJson.WriteAsync(context, new ServerReadiness(!readiness.IsStarting && !readiness.IsStopping), ServerJson.Readable.ServerReadiness);

    /// <summary>The server's metadata, with TorchServe's words: clients look for them.</summary>
    internal sealed record Metadata
    {
        public string Name => "Torchserve";

        public string Version => TorchServeInterface.Version;

        /// <summary>TorchServe's own spelling.</summary>
        [JsonPropertyName("extenstion")]
        public IReadOnlyList<string> Extensions => ["kserve", "kubeflow"];
    }

    /// <summary>Whether the server runs.</summary>
    internal sealed record Liveness(bool Live);

    /// <summary>Whether the server takes requests.</summary>
    internal sealed record ServerReadiness(bool Ready);

    /// <summary>An error in this protocol's form.</summary>
    internal sealed record Refusal(string Error);
}
