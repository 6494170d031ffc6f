using Eisen.Serve.Archive;
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
    private static readonly HashSet<string> TorchServeHandlers = new(StringComparer.Ordinal)
    {
        "base_handler", "image_classifier", "image_segmenter", "object_detector", "text_classifier", "text_handler", "vision_handler",
    };

    /// <inheritdoc/>
    public IWorkerSource? Open(WorkerContext context, CancellationToken cancellationToken)
    {
        if (context.Manifest.Handler is not { } handler || !Runs(context.Manifest, context.Archive.Folder))
            return null;
        // Not only its own handler: in Python a file beside it can stand for a module, and a pickle can run what it likes.
        if (!settings.AllowArchiveCode)
            throw new ModelLoadException($"its handler '{PrintableText.Shortened(handler, 200)}' runs in Python, where an archive can bring code; allow_archive_code=false refuses that");

        string interpreter = PythonInterpreter.Find(context.Archive, settings.Interpreter);
        return PythonWorkerSource.Open(context, handler, settings, interpreter, metrics, time, loggers.CreateLogger(PythonLog.ModelLogCategory), cancellationToken);
    }

    /// <summary>Whether an archive's handler is Python.</summary>
    /// <param name="manifest">What the archive says.</param>
    /// <param name="folder">The folder with its files.</param>
    public static bool Runs(ArchiveManifest manifest, string folder)
    {
        if (manifest.Handler is not { } handler)
            return false;
        bool isBuiltIn = BuiltInHandlers.Names.Contains(handler);
        if (TorchServeHandlers.Contains(handler))
            // A class in Python is needed where the archive has only its weights.
            return !isBuiltIn || manifest.ModelFile is not null;
        // A file of the archive, with or without its ending, or a module with a function.
        return manifest.HandlerFile is not null
            || (!isBuiltIn && handler.Contains(':', StringComparison.Ordinal) && !handler.Contains(".dll", StringComparison.OrdinalIgnoreCase))
            || (!isBuiltIn && File.Exists(Path.Combine(folder, $"{handler.Replace('.', '/')}.py")));
    }
}
