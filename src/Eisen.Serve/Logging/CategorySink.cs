using Serilog.Core;
using Serilog.Events;

namespace Eisen.Serve.Logging;

/// <summary>Sends each event to the file of its logger.</summary>
/// <param name="otherwise">The file of loggers that have none of their own.</param>
/// <param name="files">The files by the loggers' names.</param>
/// <param name="console">The terminal, which gets what the server and models' workers say; null for none.</param>
internal sealed class CategorySink(Logger otherwise, IReadOnlyDictionary<string, Logger> files, Logger? console) : ILogEventSink, IDisposable
{
    /// <inheritdoc/>
    public void Emit(LogEvent logEvent)
    {
        string category = CategoryOf(logEvent);
        (files.GetValueOrDefault(category) ?? otherwise).Write(logEvent);
        if (category is not (LogCategories.Access or LogCategories.ModelMetrics or LogCategories.ServerMetrics))
            console?.Write(logEvent);
    }

    public void Dispose()
    {
        foreach (Logger file in files.Values)
            file.Dispose();
        otherwise.Dispose();
        console?.Dispose();
    }

    /// <summary>The name of the logger that made an event; empty when it has none.</summary>
    internal static string CategoryOf(LogEvent logEvent) =>
        logEvent.Properties.TryGetValue(Constants.SourceContextPropertyName, out LogEventPropertyValue? source) && source is ScalarValue { Value: string name } ? name : "";
}
