using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>
/// A place of its own for one server: a folder, free ports on the loopback interface, and the real program as a user
/// calls it. Ends the server, whatever a test left.
/// </summary>
public sealed class Workplace : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public Workplace()
    {
        Folder = Directory.CreateTempSubdirectory("eisen-serve-test-").FullName;
        ModelStore = Directory.CreateDirectory(Path.Combine(Folder, "store")).FullName;
        RunFolder = Path.Combine(Folder, "run");
        LogFolder = Path.Combine(Folder, "logs");
        (InferencePort, ManagementPort, MetricsPort) = (FreePort.Next(), FreePort.Next(), FreePort.Next());
        Inference = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{InferencePort}/"), Timeout = Patience };
        Management = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ManagementPort}/"), Timeout = Patience };
        Metrics = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{MetricsPort}/"), Timeout = Patience };
        ConfigFile = Path.Combine(Folder, "config.properties");
        Configure();
    }

    public string Folder { get; }

    public string ModelStore { get; }

    public string RunFolder { get; }

    public string LogFolder { get; }

    public string ConfigFile { get; }

    public int InferencePort { get; }

    public int ManagementPort { get; }

    public int MetricsPort { get; }

    /// <summary>Variables of the program's environment beside its folders; of equal names, the last one counts.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment { get; set; } = [];

    public HttpClient Inference { get; }

    public HttpClient Management { get; }

    public HttpClient Metrics { get; }

    public string Log => File.ReadAllText(Path.Combine(LogFolder, "ts_log.log"));

    public string ModelLog => Path.Combine(LogFolder, "model_log.log") is var path && File.Exists(path) ? File.ReadAllText(path) : "";

    /// <summary>The folders of archives that a server has unpacked at the moment, or has left behind.</summary>
    public string[] UnpackedArchives => Directory.Exists(Path.Combine(RunFolder, "models")) ? Directory.GetDirectories(Path.Combine(RunFolder, "models")) : [];

    /// <summary>The built program.</summary>
    public static string Program { get; } =
        Path.Combine(Fixtures.RepositoryRoot, "artifacts", "bin", "Eisen.Serve", new DirectoryInfo(AppContext.BaseDirectory).Name, "Eisen.Serve");

    /// <summary>The process that the run folder's record names, or null.</summary>
    public int? RecordedProcess
    {
        get
        {
            string record = Path.Combine(RunFolder, "server.json");
            return File.Exists(record) ? JsonDocument.Parse(File.ReadAllText(record)).RootElement.GetProperty("Process").GetProperty("Id").GetInt32() : null;
        }
    }

    /// <summary>Writes the configuration file: the ports, and more lines.</summary>
    public void Configure(params string[] lines) => File.WriteAllLines(
        ConfigFile, [$"inference_address=http://127.0.0.1:{InferencePort}", $"management_address=http://127.0.0.1:{ManagementPort}", $"metrics_address=http://127.0.0.1:{MetricsPort}", "enable_model_api=true", .. lines]);

    /// <summary>Copies a file into the model store.</summary>
    public string AddToStore(string path, string? name = null)
    {
        string copy = Path.Combine(ModelStore, name ?? Path.GetFileName(path));
        File.Copy(path, copy);
        return copy;
    }

    /// <summary>Runs the program with <c>--start</c> on this place's store and ports.</summary>
    public CommandResult Start(params string[] args) => Run(["--start", "--ts-config", ConfigFile, "--model-store", ModelStore, .. args]);

    /// <summary>Starts it with these models, which must become ready.</summary>
    public void StartWith(params string[] models)
    {
        CommandResult result = Start(["--models", .. models]);
        result.ExitCode.ShouldBe(0, result.ToString());
    }

    public CommandResult Stop() => Run("--stop");

    /// <summary>Runs the program to its end.</summary>
    public CommandResult Run(params string[] args) => RunCommand(Program, Fixtures.RepositoryRoot, args);

    /// <summary>Runs any command to its end, with this place's environment.</summary>
    public CommandResult RunCommand(string command, string workingFolder, params string[] args)
    {
        using Process process = Launch(command, workingFolder, args);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{command} {string.Join(' ', args)}' did not end within {Patience.TotalSeconds} s.");
        }

        // A server that keeps the caller's pipes open would hang everybody who pipes the output.
        Task.WaitAll([output, errors], Patience).ShouldBeTrue("the command ended, but something it started still holds its output");
        return new CommandResult(process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>Starts a command, with this place's environment, and leaves it running.</summary>
    public Process Launch(string command, string workingFolder, params string[] args)
    {
        ProcessStartInfo start = new(command, args) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = workingFolder };
        start.Environment["EISEN_SERVE_RUN_DIR"] = RunFolder;
        start.Environment["LOG_LOCATION"] = LogFolder;
        foreach ((string name, string value) in Environment)
            start.Environment[name] = value;
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Whether a process of this number runs.</summary>
    public static bool IsRunning(int processId) => File.Exists($"/proc/{processId}/stat") && !File.ReadAllText($"/proc/{processId}/stat").Contains(") Z ", StringComparison.Ordinal);

    /// <summary>Whether anything listens on a port of the loopback interface.</summary>
    public static bool IsListening(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Waits for something to become true.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using CancellationTokenSource tooLate = new(Patience);
        while (!await condition())
        {
            if (tooLate.IsCancellationRequested)
                throw new TimeoutException($"It never came: {what}.");
            await Task.Delay(20);
        }
    }

    public void Dispose()
    {
        Inference.Dispose();
        Management.Dispose();
        Metrics.Dispose();
        if (RecordedProcess is int process && IsRunning(process) && ReadCommandLine(process).Contains("Eisen.Serve", StringComparison.Ordinal))
            Process.GetProcessById(process).Kill();
        Directory.Delete(Folder, recursive: true);
    }

    private static string ReadCommandLine(int process) => File.ReadAllText($"/proc/{process}/cmdline");
}
