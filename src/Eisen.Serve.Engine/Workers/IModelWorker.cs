using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine;

/// <summary>
/// What answers a version's requests: a handler with its module inside this process, or another process. The engine
/// keeps queue, states and deadlines; a worker knows none of them. All calls come from one thread, its lane.
/// </summary>
public interface IModelWorker : IDisposable
{
    /// <summary>Whether it can answer; false when it has died by itself. It can then be loaded again.</summary>
    bool IsAlive => true;

    /// <summary>The process that it is, when it is another one than this.</summary>
    int? ProcessId => null;

    /// <summary>Raised, on any thread, when it dies by itself.</summary>
    event Action Died
    {
        add { }
        remove { }
    }

    /// <summary>Gets ready to answer: afterwards the first request is as fast as any other.</summary>
    /// <exception cref="Exception">The worker cannot answer; the message goes into the version's status.</exception>
    void Load(CancellationToken cancellationToken);

    /// <summary>Answers a batch: as many answers as requests, in their order.</summary>
    /// <exception cref="WorkerDiedException">The worker died of it, or before.</exception>
    /// <exception cref="Exception">The batch failed as a whole. Its requests are then tried one by one.</exception>
    IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, CancellationToken cancellationToken);
}
