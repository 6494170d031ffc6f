using System.CommandLine;
using System.CommandLine.Help;
using Eisen.Serve.CommandLine;

namespace Eisen.Serve.Packing;

/// <summary>The commands that are about archives, and need no server.</summary>
internal static class ArchiveCommands
{
    /// <summary>The commands, in the order of the help.</summary>
    public static IReadOnlyList<Command> All => [PackCommandLine.Create(), InspectCommandLine.Create(), MetadataCommandLine.Create()];

    /// <summary>How a command runs: what it throws goes to the program, and Ctrl-C cancels it, so that it can clean up.</summary>
    public static InvocationConfiguration Invocation { get; } = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) };

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
}
