using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Eisen.Serve.Hosting;

/// <summary>What the OpenAPI documents say about themselves.</summary>
internal static class ApiDocument
{
    /// <summary>Titles the inference listener's document.</summary>
    public static Task DescribeInference(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken) =>
        Describe(document, "Eisen.Serve inference", "Ask models, as with TorchServe.");

    /// <summary>Titles the management listener's document.</summary>
    public static Task DescribeManagement(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken) =>
        Describe(document, "Eisen.Serve management", "Register, scale and describe models, as with TorchServe.");

    /// <summary>Titles the metrics listener's document.</summary>
    public static Task DescribeMetrics(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken) =>
        Describe(document, "Eisen.Serve metrics", "What the server measures, as with TorchServe.");

    private static Task Describe(OpenApiDocument document, string title, string description)
    {
        document.Info = new OpenApiInfo { Title = title, Description = description, Version = ProductVersion.Text };
        // The address that a client used is the one that works for it.
        document.Servers = [];
        return Task.CompletedTask;
    }
}
