namespace Eisen.Serve.Engine;

/// <summary>
/// A kind of worker beside the in-process one, for archives that those cannot run. The program says which kinds there are;
/// the engine knows none of them.
/// </summary>
public interface IWorkerKind
{
    /// <summary>Gets ready to make workers for an archive.</summary>
    /// <param name="context">The archive, and how it is to run.</param>
    /// <param name="cancellationToken">Cancelled when the model is not wanted any more.</param>
    /// <returns>What makes its workers; null when the archive is not for this kind.</returns>
    /// <exception cref="ModelLoadException">It is, but cannot be run.</exception>
    IWorkerSource? Open(WorkerContext context, CancellationToken cancellationToken);
}
