using Eisen.Serve.Access;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;
using Eisen.Serve.Errors;
using Eisen.Serve.Handlers;
using Eisen.Serve.Hosting;
using Microsoft.OpenApi;

namespace Eisen.Serve.Inference;

/// <summary>The endpoints of the inference listener. Like TorchServe's, most look at no method: load balancers ask with
/// HEAD, and clients send bodies with GET.</summary>
internal static class InferenceEndpoints
{
    private static readonly string[] PredictionMethods = [HttpMethods.Post, HttpMethods.Put, HttpMethods.Get];

    private static readonly string[] BodyTypes = ["application/octet-stream", "application/json", "image/jpeg", "image/png", "multipart/form-data"];

    /// <summary>Maps health, predictions and explanations, and the forms of SageMaker and KServe.</summary>
    public static void MapInference(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/ping", PingAsync)
            .WithoutToken()
            .WithTags("Health")
            .WithSummary("Whether the server's models answer.")
            .Produces<HealthStatus>()
            .Produces<HealthStatus>(StatusCodes.Status500InternalServerError);
        MapAny(endpoints, "/ping", PingAsync).WithoutToken();

        // Asked for once: looking it up for each request would make a scope of services for each.
        Predictions predictions = endpoints.ServiceProvider.GetRequiredService<Predictions>();
        MapKind(endpoints, predictions, "predictions", RequestKind.Predict, "Ask {0}.");
        MapKind(endpoints, predictions, "explanations", RequestKind.Explain, "Ask {0} why its answer is what it is.");
        MapSageMaker(endpoints, predictions);
        MapKServe(endpoints, predictions);
        if (endpoints.ServiceProvider.GetRequiredService<ServerSettings>().OpenInferenceProtocol)
            endpoints.MapOpenInferenceProtocol();
    }

    private static void MapKind(IEndpointRouteBuilder endpoints, Predictions predictions, string prefix, RequestKind kind, string summary)
    {
        PredictionForm form = PredictionForm.Own(kind);
        Document(endpoints.MapMethods($"/{prefix}/{{model}}", PredictionMethods, (HttpContext context, string model) =>
            PredictAsync(context, predictions, model, null, form))).WithSummary(string.Format(null, summary, "a model's default version"));
        Document(endpoints.MapMethods($"/{prefix}/{{model}}/{{version}}", PredictionMethods, (HttpContext context, string model, string version) =>
            PredictAsync(context, predictions, model, version, form))).WithSummary(string.Format(null, summary, "a version of a model"));
        MapAny(endpoints, $"/{prefix}/{{model}}/{{version?}}", (HttpContext context, string model, string? version) => PredictAsync(context, predictions, model, version, form));
        MapAny(endpoints, $"/{prefix}/{{model}}/{{version}}/{{**rest}}", (HttpContext context, string model, string version, string rest) => PredictAsync(context, predictions, model, version, PredictionForm.Own(kind, rest)));
    }

    private static void MapSageMaker(IEndpointRouteBuilder endpoints, Predictions predictions)
    {
        // As a Delegate it is described; as a RequestDelegate it would not be.
        Delegate invoke = (HttpContext context) => SendAsync(context, predictions.AskNamedAsync(context));
        Document(endpoints.MapPost("/invocations", invoke)).WithSummary("Ask the model that the parameter model_name names, or the only one that was loaded at the start.");
        MapAny(endpoints, "/invocations", invoke);
        Delegate ask = (HttpContext context, string model) => PredictAsync(context, predictions, model, null, PredictionForm.SageMaker);
        Document(endpoints.MapPost("/models/{model}/invoke", ask)).WithSummary("Ask a model's default version, with the query's parameters as parts of the request.");
        MapAny(endpoints, "/models/{model}/invoke", ask);
        // The paths of the oldest clients.
        MapAny(endpoints, "/{model}/predict", ask);
        MapAny(endpoints, "/{model}/{version}/predict", (HttpContext context, string model, string version) => PredictAsync(context, predictions, model, version, PredictionForm.SageMaker));
    }

    private static void MapKServe(IEndpointRouteBuilder endpoints, Predictions predictions)
    {
        foreach ((string path, RequestKind kind) in new[]
        {
            ("/v1/models/{model}:predict", RequestKind.Predict),
            ("/v1/models/{model}:explain", RequestKind.Explain),
            ("/v2/models/{model}/infer", RequestKind.Predict),
            ("/v2/models/{model}/explain", RequestKind.Explain),
        })
        {
            PredictionForm form = PredictionForm.KServe(kind);
            Delegate ask = (HttpContext context, string model) => PredictAsync(context, predictions, model, null, form);
            Document(endpoints.MapPost(path, ask)).WithSummary("Ask a model, in KServe's form.");
            MapAny(endpoints, path, ask);
        }
    }

    private static RouteHandlerBuilder MapAny(IEndpointRouteBuilder endpoints, string path, Delegate handler) => endpoints.Map(path, handler).ExcludeFromDescription();

    private static Task PingAsync(HttpContext context, ModelRegistry registry, Readiness readiness)
    {
        HealthStatus health = readiness.IsStopping ? HealthStatus.Unhealthy : HealthStatus.Of(registry, readiness.IsStarting);
        return ServerJson.WriteAsync(context, health, ServerJson.Readable.HealthStatus, health.IsServing ? StatusCodes.Status200OK : StatusCodes.Status500InternalServerError);
    }

    private static Task PredictAsync(HttpContext context, Predictions predictions, string model, string? version, PredictionForm form) =>
        HttpMethods.IsOptions(context.Request.Method)
            ? context.RequestServices.GetRequiredService<ApiDescription>().WriteForModelAsync(context, model, version)
            : SendAsync(context, predictions.AskAsync(context, model, version, form));

    private static async Task SendAsync(HttpContext context, ValueTask<HandlerAnswer> asking)
    {
        using HandlerAnswer answer = await asking;
        await AnswerWriter.WriteAsync(context, answer);
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
