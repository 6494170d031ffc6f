using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>Makes a version's workers, and holds what they share. Disposing it ends those that are left.</summary>
public interface IWorkerSource : IDisposable
{
    /// <summary>Makes a worker; nothing is loaded yet.</summary>
    /// <param name="device">Where it is to run.</param>
    IModelWorker Create(TorchDevice device);
}
