using Eisen.Serve.Data;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Python;

/// <summary>Runs archives whose handler is Python: their own code, or a TorchServe handler that there is no other for.</summary>
/// <param name="settings">How Python workers are run.</param>
/// <param name="metrics">Gets what handlers measure.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Makes the logs.</param>
public sealed class PythonWorkerKind(PythonSettings settings, IHandlerMetrics metrics, TimeProvider time, ILoggerFactory loggers) : IWorkerKind
{
    /// <inheritdoc/>
    public IWorkerSource? Open(WorkerContext context, CancellationToken cancellationToken)
    {
        if (context.Choice.Place != HandlerPlace.Python)
            return null;
        string handler = context.Choice.Handler;
        // Not only its own handler: in Python a file beside it can stand for a module, and a pickle can run what it likes.
        if (!settings.AllowArchiveCode)
            throw new ModelLoadException($"its handler '{PrintableText.Shortened(handler, 200)}' runs in Python, where an archive can bring code; allow_archive_code=false refuses that");

        string interpreter = PythonInterpreter.Find(context.Archive, settings.Interpreter);
        return PythonWorkerSource.Open(context, handler, settings, interpreter, metrics, time, loggers.CreateLogger(PythonLog.ModelLogCategory), cancellationToken);
    }
}
