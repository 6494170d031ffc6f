namespace Eisen.Serve.Handlers;

/// <summary>Takes what handlers measure.</summary>
public interface IHandlerMetrics
{
    /// <summary>Counts a value in; called from workers' threads, so it neither waits nor throws.</summary>
    /// <param name="modelName">The model that it was measured in.</param>
    /// <param name="metric">The value.</param>
    void Report(string modelName, HandlerMetric metric);
}
