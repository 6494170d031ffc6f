using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Serilog;
using Serilog.Configuration;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;

namespace Eisen.Serve.Logging;

/// <summary>
/// TorchServe's five log files, each rolled by size and written in the background, and the terminal when the server keeps
/// it. A logger's name decides which file its lines go to.
/// </summary>
internal sealed class LogFiles : IAsyncDisposable
{
    private const string ServerLog = "ts_log.log";
    private const int QueuedLines = 20_000;

    private LogFiles(Logger logger, DroppedLines dropped)
    {
        Logger = logger;
        Dropped = dropped;
    }

    /// <summary>No files, for whoever wants no logs.</summary>
    public static LogFiles None => new(new LoggerConfiguration().MinimumLevel.Is(LevelAlias.Off).CreateLogger(), new DroppedLines());

    /// <summary>Where everything is logged.</summary>
    public Logger Logger { get; }

    /// <summary>How many lines were left out.</summary>
    public DroppedLines Dropped { get; }

    /// <summary>The path of <c>ts_log.log</c> in a folder.</summary>
    public static string ServerLogIn(string folder) => Path.Combine(folder, ServerLog);

    /// <summary>Opens the logs.</summary>
    /// <exception cref="UserMistakeException">A folder cannot be written to.</exception>
    public static LogFiles Open(ServerSettings settings, bool withConsole)
    {
        CheckWritable(settings.LogFolder, ServerLog, "LOG_LOCATION");
        CheckWritable(settings.MetricsFolder, "ts_metrics.log", "METRICS_LOCATION");
        DroppedLines dropped = new();
        LogSettings log = settings.Log;
        LogEventLevel level = LevelOf(log.Level);
        bool json = log.IsJson;
        LoggerConfiguration Write(LoggerSinkConfiguration to, ITextFormatter text, string path) =>
            to.File(text, path, rollOnFileSizeLimit: true, fileSizeLimitBytes: log.FileBytes, retainedFileCountLimit: log.FilesKept);
        Logger FileOf(string path, ITextFormatter text) => new LoggerConfiguration()
            .MinimumLevel.Verbose()
            .WriteTo.Async(
                file => Write(file, json ? new RenderedCompactJsonFormatter() : text, path),
                bufferSize: QueuedLines,
                blockWhenFull: false,
                monitor: dropped.NewMonitor())
            .CreateLogger();
        // AccessLog has a queue and a thread of its own.
        Logger access = Write(new LoggerConfiguration().MinimumLevel.Verbose().WriteTo, new AccessLineFormatter(json), Path.Combine(settings.LogFolder, "access_log.log"))
            .CreateLogger();

        CategorySink sink = new(
            FileOf(ServerLogIn(settings.LogFolder), new LogLineFormatter()),
            new Dictionary<string, Logger>(StringComparer.Ordinal)
            {
                [LogCategories.Access] = access,
                [LogCategories.Model] = FileOf(Path.Combine(settings.LogFolder, "model_log.log"), new LogLineFormatter()),
                [LogCategories.ModelMetrics] = FileOf(Path.Combine(settings.MetricsFolder, "model_metrics.log"), new MetricLineFormatter()),
                [LogCategories.ServerMetrics] = FileOf(Path.Combine(settings.MetricsFolder, "ts_metrics.log"), new MetricLineFormatter()),
            },
            // The terminal tells what happens to the server and its models; a line for each request would hide it.
            withConsole ? new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Console(json ? new RenderedCompactJsonFormatter() : new LogLineFormatter()).CreateLogger() : null);
        Logger logger = new LoggerConfiguration()
            .MinimumLevel.Is(level)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            // Logs what keeps the host from starting, with a stack trace; the server tells it in a line.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal)
            .MinimumLevel.Override(LogCategories.Access, LogEventLevel.Information)
            .MinimumLevel.Override(LogCategories.ModelMetrics, LogEventLevel.Information)
            .MinimumLevel.Override(LogCategories.ServerMetrics, LogEventLevel.Information)
            .Enrich.FromLogContext()
            .WriteTo.Sink(sink)
            .CreateLogger();
        return new LogFiles(logger, dropped);
    }

    /// <summary>Writes what is queued, and closes the files.</summary>
    public ValueTask DisposeAsync() => Logger.DisposeAsync();

    // Serilog swallows what keeps it from writing; this does not.
    private static void CheckWritable(string folder, string file, string variable)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using FileStream stream = File.Open(Path.Combine(folder, file), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"logs cannot be written to {folder} ({failure.Message}); set {variable} to another folder");
        }
    }

    private static LogEventLevel LevelOf(LogLevel level) => level switch
    {
        LogLevel.Debug => LogEventLevel.Debug,
        LogLevel.Warning => LogEventLevel.Warning,
        LogLevel.Error => LogEventLevel.Error,
        _ => LogEventLevel.Information,
    };
}
