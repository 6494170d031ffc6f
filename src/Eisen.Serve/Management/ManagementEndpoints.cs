using System.Globalization;
using System.Text.Json;
using Eisen.Serve.Engine;
using Eisen.Serve.Errors;
using Eisen.Serve.Handlers;
using Eisen.Serve.Hosting;
using Eisen.Serve.Inference;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Management;

/// <summary>The endpoints of the management listener.</summary>
internal static class ManagementEndpoints
{
    private const int MaxPageSize = 100;

    /// <summary>Maps <c>/</c>, <c>/models</c> and what is below it.</summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="allowsModelApi">Whether models may be registered and unregistered; their paths then take no such method.</param>
    public static void MapManagement(this IEndpointRouteBuilder endpoints, bool allowsModelApi)
    {
        endpoints.MapGet("/", (HttpContext context, ITorchEngine engine) => ServerJson.WriteAsync(context, ServerDescription.Of(engine), ServerJson.Readable.ServerDescription))
            .WithSummary("Tell of the server, its engine and its devices.")
            .Produces<ServerDescription>();
        endpoints.MapGet("/models", ListAsync)
            .WithSummary("List the registered models.")
            .WithDescription("limit: models a page, at most 100. next_page_token: from the page before.")
            .Produces<ModelList>()
            .Produces<TorchServeError>(StatusCodes.Status400BadRequest);
        MapDescriptions(endpoints);
        MapChanges(endpoints);
        if (allowsModelApi)
            MapModelApi(endpoints);
        // KServe asks here, with any method.
        endpoints.Map("/v1/models/{model}", ReadyAsync).ExcludeFromDescription();
    }

    private static void MapDescriptions(IEndpointRouteBuilder endpoints)
    {
        Document(endpoints.MapGet("/models/{model}", (HttpContext context, string model, ModelRegistry registry) =>
            DescribeAsync(context, registry, model, null))).WithSummary("Describe a model's default version.");
        Document(endpoints.MapGet("/models/{model}/{version}", (HttpContext context, string model, string version, ModelRegistry registry) =>
            DescribeAsync(context, registry, model, version))).WithSummary("Describe a version of a model, or 'all' of them.");
        // TorchServe looks no further than the model here.
        endpoints.MapGet("/models/{model}/{version}/set-default", (HttpContext context, string model, ModelRegistry registry) =>
            DescribeAsync(context, registry, model, null)).ExcludeFromDescription();
        endpoints.MapMethods("/models/{model}/{version?}", [HttpMethods.Options], (HttpContext context, string model, string? version, ApiDescription description) =>
            description.WriteForManagementAsync(context, model, version)).ExcludeFromDescription();
    }

    private static void MapModelApi(IEndpointRouteBuilder endpoints)
    {
        DocumentChange(endpoints.MapPost("/models", (HttpContext context, ModelChanges changes) => changes.RegisterAsync(context)))
            .WithSummary("Register a model from the model store, or from an address that allowed_urls allows.")
            .WithDescription("Query, or a JSON body with the same names: url (the archive's file name, or an address), model_name, handler, runtime, batch_size, max_batch_delay (ms), initial_workers, synchronous (true), response_timeout (s), startup_timeout (s).")
            .Produces<TorchServeError>(StatusCodes.Status409Conflict);
        DocumentChange(endpoints.MapDelete("/models/{model}", (HttpContext context, string model, ModelChanges changes) => changes.UnregisterAsync(context, model, null)))
            .WithSummary("Unregister a model; its requests under way are answered first.");
        DocumentChange(endpoints.MapDelete("/models/{model}/{version}", (HttpContext context, string model, string version, ModelChanges changes) => changes.UnregisterAsync(context, model, version)))
            .WithSummary("Unregister a version; its requests under way are answered first.");
    }

    private static void MapChanges(IEndpointRouteBuilder endpoints)
    {
        DocumentChange(endpoints.MapPut("/models/{model}", (HttpContext context, string model, ModelChanges changes) => changes.ScaleAsync(context, model, null)))
            .WithSummary("Change how many workers a model's default version has.")
            .WithDescription("min_worker (1), max_worker (min_worker), synchronous (false).");
        DocumentChange(endpoints.MapPut("/models/{model}/{version}", (HttpContext context, string model, string version, ModelChanges changes) => changes.ScaleAsync(context, model, version)))
            .WithSummary("Change how many workers a version has.")
            .WithDescription("min_worker (1), max_worker (min_worker), synchronous (false).");
        DocumentChange(endpoints.MapPut("/models/{model}/{version}/set-default", (HttpContext context, string model, string version, ModelChanges changes) => changes.SetDefaultAsync(context, model, version)))
            .WithSummary("Make a version the one that answers when a request names none.");
    }

    private static RouteHandlerBuilder DocumentChange(RouteHandlerBuilder endpoint) => endpoint
        .Produces<StatusMessage>()
        .Produces<TorchServeError>(StatusCodes.Status400BadRequest)
        .Produces<TorchServeError>(StatusCodes.Status404NotFound);

    private static Task ListAsync(HttpContext context, ModelRegistry registry, string? limit = null, string? next_page_token = null)
    {
        // TorchServe takes a size outside of its bounds for the largest one.
        int pageSize = context.Request.Query.Number("limit") ?? MaxPageSize;
        pageSize = pageSize is < 0 or > MaxPageSize ? MaxPageSize : pageSize;
        int start = Math.Max(context.Request.Query.Number("next_page_token") ?? 0, 0);
        IReadOnlyList<ModelEntry> models = registry.Models;
        ModelList.Item[] page = [.. models.Skip(start).Take(pageSize).Select(model => new ModelList.Item(model.Name, model.Default.Config.Url))];
        int next = start + page.Length;
        return ServerJson.WriteAsync(
            context,
            new ModelList(next < models.Count ? next.ToString(CultureInfo.InvariantCulture) : null, page),
            ServerJson.Readable.ModelList);
    }

    private static Task DescribeAsync(HttpContext context, ModelRegistry registry, string model, string? version)
    {
        if (registry.Find(model) is not { } entry)
            return MissingAsync(context, PredictionError.ModelNotFound, model, version);

        IReadOnlyList<ModelVersion> versions = version switch
        {
            null => [entry.Default],
            "all" => entry.Versions,
            _ => [.. entry.Versions.Where(candidate => candidate.Version == version)],
        };
        if (versions.Count == 0)
            return MissingAsync(context, PredictionError.VersionNotFound, model, version);
        ModelDescription[] descriptions = [.. versions.Select(ModelDescription.Of)];
        return context.Request.Query.Flag("customized") == true && version != "all"
            ? CustomizeAsync(context, descriptions, model, version)
            : ServerJson.WriteAsync(context, descriptions, ServerJson.Readable.IReadOnlyListModelDescription);
    }

    /// <summary>Adds what the handler tells of itself.</summary>
    private static async Task CustomizeAsync(HttpContext context, ModelDescription[] descriptions, string model, string? version)
    {
        using HandlerAnswer told = await context.RequestServices.GetRequiredService<Predictions>().DescribeAsync(context, model, version);
        if (told.Error != PredictionError.None)
        {
            await (told.Error == PredictionError.NoWorker
                ? TorchServeErrors.For(told.Error, $"Model \"{model}\" has no worker to serve describe request. Please use scale workers API to add workers.")
                : TorchServeErrors.For(told.Error, told.Message, told.Status)).WriteAsync(context);
            return;
        }

        descriptions[0] = descriptions[0] with { CustomizedMetadata = AsJson(told.Content) };
        await ServerJson.WriteAsync(context, descriptions, ServerJson.Readable.IReadOnlyListModelDescription);
    }

    // What is no JSON object is nothing that could stand there.
    private static JsonElement AsJson(ReadOnlyMemory<byte> content)
    {
        try
        {
            JsonElement told = JsonElement.Parse(content.Span);
            if (told.ValueKind == JsonValueKind.Object)
                return told;
        }
        catch (JsonException)
        {
            // A handler may tell anything.
        }

        return JsonElement.Parse("{}"u8);
    }

    private static Task ReadyAsync(HttpContext context, string model, ModelRegistry registry) => registry.Find(model) is { } entry
        ? ServerJson.WriteAsync(context, ModelReadiness.Of(entry), ServerJson.Readable.ModelReadiness)
        : MissingAsync(context, PredictionError.ModelNotFound, model, null);

    private static Task MissingAsync(HttpContext context, PredictionError error, string model, string? version) =>
        TorchServeErrors.For(error, TorchServeErrors.Missing(error, model, version)).WriteAsync(context);

    private static RouteHandlerBuilder Document(RouteHandlerBuilder endpoint) => endpoint
        .WithDescription("customized=true adds what the model's handler tells of itself.")
        .Produces<IReadOnlyList<ModelDescription>>()
        .Produces<TorchServeError>(StatusCodes.Status404NotFound);
}
