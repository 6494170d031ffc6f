using Eisen.Serve.Configuration;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Metrics;

/// <summary>The door to the metrics.</summary>
internal static class MetricsExtensions
{
    /// <summary>Adds what measures, and what tells.</summary>
    public static void AddServerMetrics(this IServiceCollection services, MetricsSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<MetricsLog>();
        services.AddSingleton<TorchServeMetrics>();
        services.AddSingleton<IHandlerMetrics>(provider => provider.GetRequiredService<TorchServeMetrics>());
        services.AddSingleton<ServerMeter>();
        services.AddSingleton<PredictionMetrics>();
        services.AddSingleton<MetricsReport>();
        services.AddHostedService(provider => provider.GetRequiredService<MetricsReport>());
    }

    /// <summary>Counts answers by the hundreds of their status.</summary>
    public static void UseAnswerCounts(this IApplicationBuilder app)
    {
        TorchServeMetrics metrics = app.ApplicationServices.GetRequiredService<TorchServeMetrics>();
        MetricCell?[] counts = [metrics.Host("Requests2XX"), null, metrics.Host("Requests4XX"), metrics.Host("Requests5XX")];
        app.Use(async (context, next) =>
        {
            await next(context);
            int hundreds = context.Response.StatusCode / 100;
            if (hundreds is >= 2 and <= 5)
                counts[hundreds - 2]?.Add(1);
        });
    }
}
