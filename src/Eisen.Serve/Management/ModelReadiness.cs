using Eisen.Serve.Engine;

namespace Eisen.Serve.Management;

/// <summary>KServe's question whether a model can be asked.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Ready">Whether a worker of its default version is ready.</param>
internal sealed record ModelReadiness(string Name, bool Ready)
{
    /// <summary>The answer for a model.</summary>
    public static ModelReadiness Of(ModelEntry model) => new(model.Name, model.Default.Workers.Any(worker => worker.State == WorkerState.Ready));
}
