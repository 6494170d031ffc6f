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
        services.AddSingleton<AnswerCounts>();
        services.AddSingleton<ServerMeter>();
        services.AddSingleton<PredictionMetrics>();
        services.AddSingleton<MetricsReport>();
        services.AddHostedService(provider => provider.GetRequiredService<MetricsReport>());
    }
}
