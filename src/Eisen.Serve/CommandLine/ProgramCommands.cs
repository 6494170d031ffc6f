using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;
using Eisen.Serve.Background;
using Eisen.Serve.Packing;

namespace Eisen.Serve.CommandLine;

/// <summary>The commands that have options of their own, and start no server.</summary>
internal static class ProgramCommands
{
    /// <summary>What shells have a program return that Ctrl-C ended.</summary>
    private const int Cancelled = 130;

    /// <summary>The commands, in the order of the help.</summary>
    public static IReadOnlyList<Command> All =>
    [
        HealthCommandLine.Create(),
        StatusCommandLine.Create(),
        StopCommandLine.Create(),
        PackCommandLine.Create(),
        InspectCommandLine.Create(),
        MetadataCommandLine.Create(),
    ];

    /// <summary>Reads a command line that begins with the name of a command.</summary>
    /// <returns>What to invoke; null when it begins with something else.</returns>
    /// <exception cref="UserMistakeException">An option is unknown, or lacks its value.</exception>
    public static ParseResult? Parse(string[] args)
    {
        if (args is not [string name, .. string[] rest] || All.FirstOrDefault(command => command.Name == name) is not { } command)
            return null;

        // As part of the program, which the help names.
        RootCommand program = new() { command };
        program.Directives.Clear();
        ParseResult result = program.Parse([name, .. rest], new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Action is not HelpAction)
            CommandLineMistakes.ThrowIfAny(result, command);
        return result;
    }

    /// <summary>Runs a command. What it throws goes on to the caller; Ctrl-C cancels it, and it cleans up first.</summary>
    /// <returns>The program's exit code.</returns>
    public static async Task<int> RunAsync(ParseResult command)
    {
        // The library would look out for signals only when the command has begun, and has made what is to be cleaned up.
        using CancellationTokenSource cancelled = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        try
        {
            return await command.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancelled.Token);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("eisen-serve: cancelled");
            return Cancelled;
        }

        void Cancel(PosixSignalContext signal)
        {
            // A second one, which some send with the first, finds it cleaning up, and changes nothing.
            signal.Cancel = true;
            cancelled.Cancel();
        }
    }
}
