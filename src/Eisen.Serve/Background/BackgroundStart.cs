using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Eisen.Serve.Background;

/// <summary>
/// <c>--start</c> without <c>--foreground</c>: starts this program again as the server, waits for its report, and leaves
/// it running. The server writes the report to its standard output, one line, and then closes it.
/// </summary>
internal static class BackgroundStart
{
    /// <summary>Set for the server process: where its standard output and error go once it runs.</summary>
    private const string ConsoleLogVariable = "EISEN_SERVE_CONSOLE_LOG";

    /// <summary>Starts the server and prints how that went.</summary>
    /// <returns>The exit code: 0 when it serves.</returns>
    public static int Run(string[] args, string logFolder)
    {
        string consoleLog = Path.Combine(logFolder, "console.log");
        using Process server = Process.Start(ServerProcess(args, consoleLog))
            ?? throw new InvalidOperationException("The server process could not be started.");
        server.StandardInput.Close();
        server.ErrorDataReceived += static (_, text) =>
        {
            if (text.Data is not null)
                Console.Error.WriteLine(text.Data);
        };
        server.BeginErrorReadLine();
        // A server whose starter was interrupted would run on without anybody having been told.
        void EndIt(PosixSignalContext signal) => Posix.Terminate(server.Id);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, EndIt);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, EndIt);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, EndIt);

        string? line = server.StandardOutput.ReadLine();
        while (line is not null && !line.StartsWith('{'))
        {
            // A native library had something to say before the report.
            Console.Error.WriteLine(line);
            line = server.StandardOutput.ReadLine();
        }

        if (line is null)
        {
            server.WaitForExit();
            Console.Error.WriteLine($"eisen-serve: the server ended with code {server.ExitCode} before it could say why; see the log in {logFolder}");
            return 1;
        }

        StartReport report = JsonSerializer.Deserialize(line, BackgroundJson.Default.StartReport)!;
        if (report.Failure is null)
        {
            Console.Out.Write(report);
            return 0;
        }

        server.WaitForExit();
        Console.Error.Write(report);
        return 1;
    }

    /// <summary>Whether this process is the server that a <c>--start</c> waits for; if so, cuts it loose from the
    /// terminal.</summary>
    /// <param name="report">Takes the report to the one who waits.</param>
    /// <param name="console">Where standard output and error go after the report; keep it as long as the server runs.</param>
    public static bool IsServerProcess(out Action<StartReport> report, out ConsoleLog? console)
    {
        report = static _ => { };
        console = null;
        if (Environment.GetEnvironmentVariable(ConsoleLogVariable) is not { Length: > 0 } path)
            return false;

        Environment.SetEnvironmentVariable(ConsoleLogVariable, null);
        Posix.LeaveTerminal();
        // The starter's pipe stays open under another number until the report is through it.
        Stream starter = Console.OpenStandardOutput();
        ConsoleLog log = console = new ConsoleLog(path, ConsoleLog.DefaultLongest, TimeProvider.System, Posix.RedirectOutput);
        report = written =>
        {
            byte[] line = JsonSerializer.SerializeToUtf8Bytes(written, BackgroundJson.Default.StartReport);
            starter.Write([.. line, (byte)'\n']);
            starter.Flush();
            log.Begin();
        };
        return true;
    }

    private static ProcessStartInfo ServerProcess(string[] args, string consoleLog)
    {
        // Under `dotnet Eisen.Serve.dll` the program is dotnet, and the assembly its first argument.
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("The program's own path is not known.");
        bool hosted = Path.GetFileNameWithoutExtension(program) == "dotnet";
        ProcessStartInfo start = new(program, hosted ? [typeof(BackgroundStart).Assembly.Location, .. args] : args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            // The runtime keeps duplicates of what it is started with: were it our own standard error, whoever pipes it
            // would wait for the server's end.
            RedirectStandardError = true,
        };
        start.Environment[ConsoleLogVariable] = consoleLog;
        return start;
    }
}
