using System.Text;

namespace Eisen.Serve.Metrics;

/// <summary>The endpoint of the metrics listener.</summary>
internal static class MetricsEndpoints
{
    // TorchServe answers any path below as well.
    private const string Pattern = "/metrics/{**rest}";

    /// <summary>Maps <c>/metrics</c>.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder endpoints) => endpoints.MapGet(Pattern, WriteAsync)
        .WithTags("Metrics")
        .WithSummary("The server's metrics, in Prometheus' text format; some of them where name[] names them.")
        .Produces<string>(StatusCodes.Status200OK, "text/plain");

    private static Task WriteAsync(HttpContext context, MetricsReport report)
    {
        string?[] names = [.. context.Request.Query["name[]"]];
        StringBuilder text = new();
        foreach (MetricFamily family in report.Look())
        {
            if (names.Length == 0 || names.Contains(family.Name))
                PrometheusText.Write(text, family);
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = bytes.Length;
        return context.Response.BodyWriter.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
