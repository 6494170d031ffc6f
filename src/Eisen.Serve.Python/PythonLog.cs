using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Python;

/// <summary>The messages of Python workers. An event id never changes its meaning.</summary>
internal static partial class PythonLog
{
    /// <summary>The category of what workers print.</summary>
    public const string ModelLogCategory = "MODEL_LOG";

    [LoggerMessage(EventId = 6001, Message = "{Worker}: {Line}")]
    public static partial void Line(ILogger logger, LogLevel level, string worker, string line);

    [LoggerMessage(6002, LogLevel.Warning, "{Worker}: {Count} line(s) were left out, as it prints more than a mebibyte a second.")]
    public static partial void LinesLeftOut(ILogger logger, string worker, long count);

    [LoggerMessage(6003, LogLevel.Warning, "{Worker}: it is ended: {Reason}.")]
    public static partial void Killing(ILogger logger, string worker, string reason);

    [LoggerMessage(6005, LogLevel.Warning, "The workers of model {Model} share no memory (share_python_models): {Reason}.")]
    public static partial void Unforkable(ILogger logger, string model, string reason);

    [LoggerMessage(6004, LogLevel.Warning, "{Count} process(es) of a server that ended before were still there, and have been ended.")]
    public static partial void Swept(ILogger logger, int count);
}
