using System.CommandLine;
using Eisen.Serve.CommandLine;

namespace Eisen.Serve.Tests.Packing;

/// <summary>Runs one of the commands about archives, as the program does.</summary>
internal static class CommandRun
{
    /// <summary>The exit code, and what was printed.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] args)
    {
        using StringWriter output = new();
        ParseResult command = ProgramCommands.Parse(args).ShouldNotBeNull();
        int exitCode = await command.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output });
        return (exitCode, output.ToString());
    }

    /// <summary>The message of a command line that is wrong.</summary>
    public static async Task<string> MistakeAsync(params string[] args) =>
        (await Should.ThrowAsync<UserMistakeException>(() => RunAsync(args))).Message;
}
