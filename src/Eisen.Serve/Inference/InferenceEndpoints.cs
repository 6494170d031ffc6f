using Eisen.Serve.Access;
using Eisen.Serve.Engine;
using Eisen.Serve.Errors;
using Eisen.Serve.Handlers;
using Eisen.Serve.Hosting;
using Microsoft.OpenApi;

namespace Eisen.Serve.Inference;

/// <summary>The endpoints of the inference listener.</summary>
internal static class InferenceEndpoints
{
    private static readonly string[] PredictionMethods = [HttpMethods.Post, HttpMethods.Put, HttpMethods.Get];

    private static readonly string[] BodyTypes = ["application/octet-stream", "application/json", "image/jpeg", "image/png", "multipart/form-data"];

    /// <summary>Maps <c>/ping</c> and <c>/predictions</c>.</summary>
    public static void MapInference(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/ping", PingAsync)
            .WithoutToken()
            .WithTags("Health")
            .WithSummary("Whether the server's models answer.")
            .Produces<HealthStatus>()
            .Produces<HealthStatus>(StatusCodes.Status500InternalServerError);
        // TorchServe looks at no method here; load balancers ask with HEAD.
        endpoints.MapMethods("/ping", [HttpMethods.Head, HttpMethods.Post, HttpMethods.Put, HttpMethods.Delete, HttpMethods.Patch], PingAsync).WithoutToken().ExcludeFromDescription();

        // Asked for once: looking it up for each request would make a scope of services for each.
        Predictions predictions = endpoints.ServiceProvider.GetRequiredService<Predictions>();
        Document(endpoints.MapMethods("/predictions/{model}", PredictionMethods, (HttpContext context, string model) =>
            PredictAsync(context, predictions, model, null))).WithSummary("Ask a model's default version.");
        Document(endpoints.MapMethods("/predictions/{model}/{version}", PredictionMethods, (HttpContext context, string model, string version) =>
            PredictAsync(context, predictions, model, version))).WithSummary("Ask a version of a model.");
        // TorchServe hands the rest of the path to the handler; ours do not look at it.
        endpoints.MapMethods("/predictions/{model}/{version}/{**rest}", PredictionMethods, (HttpContext context, string model, string version) =>
            PredictAsync(context, predictions, model, version)).ExcludeFromDescription();
    }

    private static Task PingAsync(HttpContext context, ModelRegistry registry, Readiness readiness)
    {
        HealthStatus health = readiness.IsStopping ? HealthStatus.Unhealthy : HealthStatus.Of(registry);
        return ServerJson.WriteAsync(context, health, ServerJson.Readable.HealthStatus, health.IsServing ? StatusCodes.Status200OK : StatusCodes.Status500InternalServerError);
    }

    private static async Task PredictAsync(HttpContext context, Predictions predictions, string model, string? version)
    {
        using HandlerAnswer answer = await predictions.AskAsync(context, model, version);
        if (answer.Error != PredictionError.None)
        {
            await TorchServeErrors.For(answer.Error, answer.Message).WriteAsync(context);
            return;
        }

        context.Response.ContentType = answer.ContentType;
        context.Response.ContentLength = answer.Content.Length;
        for (int i = 0; i < answer.Headers.Count; i++)
            context.Response.Headers[answer.Headers[i].Key] = answer.Headers[i].Value;
        await context.Response.BodyWriter.WriteAsync(answer.Content, context.RequestAborted);
    }

    private static RouteHandlerBuilder Document(RouteHandlerBuilder endpoint) => endpoint
        .WithTags("Predictions")
        .WithDescription("The body is what the model's handler takes: a JPEG or PNG picture for image_classifier, nested JSON lists of numbers for base_handler, a tensor's bytes for tensor. A multipart body's part 'data' or 'body' does as well.")
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            // Only described: Accepts() would refuse bodies of any other content type, and clients send all kinds.
            operation.RequestBody = new OpenApiRequestBody { Content = BodyTypes.ToDictionary(type => type, _ => new OpenApiMediaType()) };
            return Task.CompletedTask;
        })
        .Produces<object>(StatusCodes.Status200OK, "application/json")
        .Produces<TorchServeError>(StatusCodes.Status400BadRequest)
        .Produces<TorchServeError>(StatusCodes.Status404NotFound)
        .Produces<TorchServeError>(StatusCodes.Status503ServiceUnavailable);
}
