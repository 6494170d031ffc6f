using Eisen.Serve.Archive;
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
    private static readonly HashSet<string> TorchServeHandlers = new(StringComparer.Ordinal)
    {
        "base_handler", "image_classifier", "image_segmenter", "object_detector", "text_classifier", "text_handler", "vision_handler",
    };

    /// <inheritdoc/>
    public IWorkerSource? Open(WorkerContext context, CancellationToken cancellationToken)
    {
        ArchiveManifest manifest = context.Archive.Manifest;
        if (manifest.Handler is not { } handler || !IsPython(handler, manifest))
            return null;
        bool bringsCode = manifest.HandlerFile is not null || manifest.ModelFile is not null || (settings.InstallRequirements && manifest.RequirementsFile is not null);
        if (bringsCode && !settings.AllowArchiveCode)
            throw new ModelLoadException($"it brings Python code ('{manifest.HandlerFile ?? manifest.ModelFile ?? manifest.RequirementsFile}'), which allow_archive_code=false refuses");

        string interpreter = PythonInterpreter.Find(context.Archive, settings.Interpreter);
        return PythonWorkerSource.Open(context, handler, settings, interpreter, metrics, time, loggers.CreateLogger(PythonLog.ModelLogCategory), cancellationToken);
    }

    private static bool IsPython(string handler, ArchiveManifest manifest)
    {
        // A file of the archive, or a module with a function.
        if (manifest.HandlerFile is not null || (handler.Contains(':', StringComparison.Ordinal) && !handler.Contains(".dll", StringComparison.OrdinalIgnoreCase)))
            return true;
        // A module in Python is needed where the archive has only its weights.
        bool isBuiltIn = BuiltInHandlers.Names.Contains(handler);
        return (manifest.ModelFile is not null && (isBuiltIn || TorchServeHandlers.Contains(handler))) || (!isBuiltIn && TorchServeHandlers.Contains(handler));
    }
}
