using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Handlers;

/// <summary>The messages of handlers that are in assemblies. An event id never changes its meaning.</summary>
internal static partial class AssemblyLog
{
    [LoggerMessage(EventId = 2101, Message = "{Model}: {Line}")]
    public static partial void Line(ILogger logger, LogLevel level, string model, string line);

    [LoggerMessage(2102, LogLevel.Warning, "{Model}: {Count} line(s) were left out, as its handler logs more than a mebibyte a second.")]
    public static partial void LinesLeftOut(ILogger logger, string model, long count);

    [LoggerMessage(2103, LogLevel.Information, "Model {Model}: the handler {Handler} is loaded from the archive; its code runs inside the server.")]
    public static partial void Loaded(ILogger logger, string model, string handler);

    [LoggerMessage(2104, LogLevel.Information, "Model {Model}: the assemblies of the handler {Handler} are unloaded.")]
    public static partial void Unloaded(ILogger logger, string model, string handler);

    [LoggerMessage(2105, LogLevel.Warning, "Model {Model}: the assemblies of the handler {Handler} stay in memory: {Seconds:0} s after the model was unloaded something holds them, such as a thread or a timer of the handler's, or a static cache of a library that saw its types. A restart of the server frees them.")]
    public static partial void StaysLoaded(ILogger logger, string model, string handler, double seconds);

    [LoggerMessage(2106, LogLevel.Error, "Model {Model}: disposing the handler {Handler} failed: {Reason}")]
    public static partial void DisposeFailed(ILogger logger, string model, string handler, string reason);
}
