using System.Text.Json;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Eisen.Serve.Logging;
using Microsoft.Extensions.Logging;
using Serilog.Extensions.Logging;

namespace Eisen.Serve.Tests.Logging;

public sealed class LogFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Open_EachLogger_HasItsFile()
    {
        await WriteAsync(new LogSettings(), logger =>
        {
            logger("Eisen.Serve.Somewhere").LogInformation("of the server");
            logger(LogCategories.Model).LogInformation("{Worker}: {Line}", "W-9000-double_1.0-stdout", "of a model");
            logger(LogCategories.ModelMetrics).LogInformation("HandlerTime.ms:1.5|#ModelName:double");
            logger(LogCategories.ServerMetrics).LogInformation("Requests2XX.Count:1.0|#Level:Host");
        });

        Read("ts_log.log").ShouldMatch(@"^\S+ \[INFO \] Eisen\.Serve\.Somewhere - of the server\n$");
        Read("model_log.log").ShouldMatch(@"^\S+ \[INFO \] W-9000-double_1\.0-stdout MODEL_LOG - of a model\n$");
        Read("model_metrics.log").ShouldMatch(@"^\S+ - HandlerTime\.ms:1\.5\|#ModelName:double\n$");
        Read("ts_metrics.log").ShouldMatch(@"^\S+ - Requests2XX\.Count:1\.0\|#Level:Host\n$");
    }

    [Fact]
    public async Task Open_MetricsFolder_HasTheMetrics()
    {
        string metrics = folder.Folder("metrics");

        await WriteAsync(new LogSettings(), logger => logger(LogCategories.ServerMetrics).LogInformation("here"), metrics);

        File.ReadAllText(Path.Combine(metrics, "ts_metrics.log")).ShouldContain("here");
        File.Exists(Path.Combine(folder.Path, "ts_metrics.log")).ShouldBeFalse();
    }

    [Fact]
    public async Task Open_Level_HoldsForMessagesAndNotForMetrics()
    {
        await WriteAsync(new LogSettings { Level = LogLevel.Error }, logger =>
        {
            logger("Eisen.Serve").LogWarning("left out");
            logger("Eisen.Serve").LogError("written");
            logger(LogCategories.ServerMetrics).LogInformation("measured");
        });

        Read("ts_log.log").ShouldNotContain("left out");
        Read("ts_log.log").ShouldContain("written");
        Read("ts_metrics.log").ShouldContain("measured");
    }

    [Fact]
    public async Task Open_Json_IsAnObjectALine()
    {
        await WriteAsync(new LogSettings { IsJson = true }, logger => logger("Eisen.Serve").LogWarning("with {Value}", "a\nline"));

        JsonElement line = JsonDocument.Parse(Read("ts_log.log").TrimEnd()).RootElement;
        line.GetProperty("@m").GetString()!.ShouldContain("with");
        line.GetProperty("Value").GetString().ShouldBe("a\nline");
    }

    [Fact]
    public async Task Open_MessageWithLinesFromOutside_CannotForgeOne()
    {
        await WriteAsync(new LogSettings(), logger =>
        {
            logger(LogCategories.Model).LogInformation("{Worker}: {Line}", "w\n1", "a\r\n2026-01-01T00:00:00,000 [ERROR] forged");
            logger(LogCategories.ModelMetrics).LogInformation("{Name}", "a\n2026-01-01T00:00:00,000 - forged");
        });

        Read("model_log.log").Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldAllBe(line => !line.StartsWith("2026-01-01", StringComparison.Ordinal));
        Read("model_metrics.log").Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Open_FileThatIsFull_GoesOnInAnother()
    {
        await WriteAsync(new LogSettings { FileBytes = 1 << 16, FilesKept = 2 }, logger =>
        {
            for (int i = 0; i < 3000; i++)
                logger("Eisen.Serve").LogInformation("{Filler}", new string('a', 100));
        });

        Directory.GetFiles(folder.Path, "ts_log*.log").Length.ShouldBe(2);
    }

    [Fact]
    public void Open_FolderThatCannotBe_NamesTheVariable()
    {
        string file = folder.File("file");

        Should.Throw<UserMistakeException>(() => LogFiles.Open(new ServerSettings { LogFolder = Path.Combine(file, "logs") }, withConsole: false)).Message.ShouldContain("set LOG_LOCATION");
        Should.Throw<UserMistakeException>(() => LogFiles.Open(new ServerSettings { LogFolder = folder.Path, MetricsFolder = Path.Combine(file, "logs") }, withConsole: false)).Message.ShouldContain("set METRICS_LOCATION");
    }

    public void Dispose() => folder.Dispose();

    private string Read(string file) => File.ReadAllText(Path.Combine(folder.Path, file));

    private async Task WriteAsync(LogSettings settings, Action<Func<string, ILogger>> write, string? metrics = null)
    {
        ServerSettings server = new() { LogFolder = folder.Path, Log = settings };
        await using LogFiles logs = LogFiles.Open(metrics is null ? server : server with { MetricsFolder = metrics }, withConsole: false);
        using SerilogLoggerFactory factory = new(logs.Logger);
        write(factory.CreateLogger);
    }
}
