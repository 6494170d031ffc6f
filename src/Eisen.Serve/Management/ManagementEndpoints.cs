using System.Globalization;
using Eisen.Serve.Engine;
using Eisen.Serve.Errors;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Management;

/// <summary>The endpoints of the management listener.</summary>
internal static class ManagementEndpoints
{
    private const int MaxPageSize = 100;

    /// <summary>Maps <c>/models</c> and what is below it.</summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="allowsModelApi">Whether models may be registered and unregistered; their paths then take no such method.</param>
    public static void MapManagement(this IEndpointRouteBuilder endpoints, bool allowsModelApi)
    {
        endpoints.MapGet("/models", ListAsync)
            .WithSummary("List the registered models.")
            .WithDescription("limit: models a page, at most 100. next_page_token: from the page before.")
            .Produces<ModelList>()
            .Produces<TorchServeError>(StatusCodes.Status400BadRequest);
        Document(endpoints.MapGet("/models/{model}", (HttpContext context, string model, ModelRegistry registry) =>
            DescribeAsync(context, registry, model, null))).WithSummary("Describe a model's default version.");
        Document(endpoints.MapGet("/models/{model}/{version}", (HttpContext context, string model, string version, ModelRegistry registry) =>
            DescribeAsync(context, registry, model, version))).WithSummary("Describe a version of a model, or 'all' of them.");
        MapChanges(endpoints);
        if (allowsModelApi)
            MapModelApi(endpoints);
    }

    private static void MapModelApi(IEndpointRouteBuilder endpoints)
    {
        DocumentChange(endpoints.MapPost("/models", (HttpContext context, ModelChanges changes) => changes.RegisterAsync(context)))
            .WithSummary("Register a model from the model store.")
            .WithDescription("Query, or a JSON body with the same names: url (the archive's file name), model_name, batch_size, max_batch_delay (ms), initial_workers, synchronous (true), response_timeout (s), startup_timeout (s).")
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
        if (!TryRead(limit, MaxPageSize, out int pageSize))
            throw new BadHttpRequestException($"limit must be a whole number, not '{limit}'.");
        if (!TryRead(next_page_token, 0, out int start))
            throw new BadHttpRequestException($"next_page_token must be a whole number, not '{next_page_token}'.");

        // TorchServe takes a size outside of its bounds for the largest one.
        pageSize = pageSize is < 0 or > MaxPageSize ? MaxPageSize : pageSize;
        start = Math.Max(start, 0);
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
        return ServerJson.WriteAsync(context, [.. versions.Select(ModelDescription.Of)], ServerJson.Readable.IReadOnlyListModelDescription);
    }

    private static Task MissingAsync(HttpContext context, PredictionError error, string model, string? version) =>
        TorchServeErrors.For(error, TorchServeErrors.Missing(error, model, version)).WriteAsync(context);

    private static bool TryRead(string? text, int otherwise, out int number)
    {
        number = otherwise;
        return string.IsNullOrEmpty(text) || int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    private static RouteHandlerBuilder Document(RouteHandlerBuilder endpoint) => endpoint
        .Produces<IReadOnlyList<ModelDescription>>()
        .Produces<TorchServeError>(StatusCodes.Status404NotFound);
}
