using Eisen.Serve.Engine;

namespace Eisen.Serve.Inference;

/// <summary>The answer to <c>/ping</c>.</summary>
/// <param name="Status"><c>Healthy</c>, <c>Partial Healthy</c> when some of the wanted workers are not ready, or
/// <c>Unhealthy</c> when none is.</param>
internal sealed record HealthStatus(string Status)
{
    /// <summary>Whether requests should be sent here.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsServing => this != Unhealthy;

    /// <summary>No request should be sent here.</summary>
    public static HealthStatus Unhealthy { get; } = new(nameof(Unhealthy));

    /// <summary>The health as TorchServe counts it: over the default versions, ready workers against wanted ones. What failed is
    /// counted as ready as long as it is tried again.</summary>
    /// <param name="registry">The models.</param>
    /// <param name="isStarting">Whether the models that the server starts with are still being loaded: until then one more worker
    /// is wanted than there are, as the models that are next are not registered yet.</param>
    public static HealthStatus Of(ModelRegistry registry, bool isStarting = false)
    {
        int wanted = isStarting ? 1 : 0;
        int ready = 0;
        foreach (ModelEntry model in registry.Models)
        {
            int least = model.Default.WorkerRange.Min;
            wanted += least;
            if (model.Default.Status.State == ModelState.Ready)
                ready += model.Default.Workers.Count(worker => worker.State is WorkerState.Ready or WorkerState.Retrying);
            else if (model.Default.IsTriedAgain)
                ready += least;
        }

        return new HealthStatus(ready >= wanted ? "Healthy" : ready > 0 ? "Partial Healthy" : "Unhealthy");
    }
}
