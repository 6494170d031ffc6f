namespace Eisen.Serve.Engine;

/// <summary>Takes what handlers measured. Safe to call from any thread; never throws for what a handler may say.</summary>
public interface IModelMetrics
{
    /// <summary>Takes a value.</summary>
    void Record(ModelMetric metric);
}
