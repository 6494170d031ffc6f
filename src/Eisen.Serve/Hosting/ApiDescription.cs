using System.Text;
using Eisen.Serve.Access;
using Eisen.Serve.Engine;
using Eisen.Serve.Errors;
using Eisen.Serve.Handlers;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Eisen.Serve.Hosting;

/// <summary>Answers those who ask a listener, or a model on it, what they can be asked: the OpenAPI document, or the model's
/// part of it.</summary>
internal sealed class ApiDescription(ModelRegistry registry, IServiceProvider services)
{
    private const string ModelParameter = "{model}";

    /// <summary>Maps <c>OPTIONS /</c> and <c>/api-description</c> on a listener.</summary>
    /// <param name="endpoints">The listener's endpoints.</param>
    /// <param name="document">The name of its document.</param>
    public static void Map(IEndpointRouteBuilder endpoints, string document)
    {
        Task WriteAsync(HttpContext context, ApiDescription description) => description.WriteAsync(context, document);
        // As with TorchServe everybody may ask how to ask.
        endpoints.MapMethods("/", [HttpMethods.Options], WriteAsync).WithoutToken().ExcludeFromDescription();
        endpoints.Map("/api-description", WriteAsync).WithoutToken().ExcludeFromDescription();
    }

    /// <summary>Tells of a model on the inference listener.</summary>
    public Task WriteForModelAsync(HttpContext context, string model, string? version) =>
        WriteForModelAsync(context, WebHost.Inference, model, version, "RESTful API for: ");

    /// <summary>Tells of a model on the management listener.</summary>
    public Task WriteForManagementAsync(HttpContext context, string model, string? version) =>
        WriteForModelAsync(context, WebHost.Management, model, version, "RESTful Management API for: ");

    private async Task WriteForModelAsync(HttpContext context, string name, string model, string? version, string title)
    {
        PredictionError missing = registry.Find(model, version, out _);
        if (missing != PredictionError.None)
        {
            await TorchServeErrors.For(missing, TorchServeErrors.Missing(missing, model, version)).WriteAsync(context);
            return;
        }

        OpenApiDocument whole = await DocumentAsync(name, context.RequestAborted);
        OpenApiDocument part = new()
        {
            Info = new OpenApiInfo { Title = title + model, Version = whole.Info.Version },
            Paths = [],
            Components = whole.Components,
        };
        foreach ((string path, IOpenApiPathItem item) in whole.Paths.Where(each => each.Key.Contains(ModelParameter, StringComparison.Ordinal)))
            part.Paths.Add(path.Replace(ModelParameter, model, StringComparison.Ordinal), item);
        await WriteAsync(context, part);
    }

    private async Task WriteAsync(HttpContext context, string name) => await WriteAsync(context, await DocumentAsync(name, context.RequestAborted));

    private Task<OpenApiDocument> DocumentAsync(string name, CancellationToken cancellationToken) =>
        services.GetRequiredKeyedService<IOpenApiDocumentProvider>(name).GetOpenApiDocumentAsync(cancellationToken);

    private static async Task WriteAsync(HttpContext context, OpenApiDocument document)
    {
        byte[] json = Encoding.UTF8.GetBytes(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_0, context.RequestAborted) + "\n");
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }
}
