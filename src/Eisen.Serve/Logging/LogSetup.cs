using Eisen.Serve.CommandLine;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Eisen.Serve.Logging;

/// <summary>Where log messages go: <c>ts_log.log</c>, rolled by size, and the terminal when the server keeps it.</summary>
internal static class LogSetup
{
    private const string FileName = "ts_log.log";
    private const long MaxFileBytes = 100 << 20;
    private const int FilesKept = 5;

    /// <summary>The log file in a folder.</summary>
    public static string FileIn(string folder) => Path.Combine(folder, FileName);

    /// <summary>Opens the log.</summary>
    /// <exception cref="UserMistakeException">The folder cannot be written to.</exception>
    public static Logger Open(string folder, bool withConsole)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using (File.Open(FileIn(folder), FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            {
                // Serilog swallows what keeps it from writing; this does not.
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"logs cannot be written to {folder} ({failure.Message}); set LOG_LOCATION to another folder");
        }

        LogLineFormatter formatter = new();
        LoggerConfiguration configuration = new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            // Logs what keeps the host from starting, with a stack trace; the server tells it in a line.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal)
            .Enrich.FromLogContext()
            .WriteTo.File(formatter, FileIn(folder), rollOnFileSizeLimit: true, fileSizeLimitBytes: MaxFileBytes, retainedFileCountLimit: FilesKept);
        return (withConsole ? configuration.WriteTo.Console(formatter) : configuration).CreateLogger();
    }
}
