using System.CommandLine;
using Eisen.Serve.CommandLine;

namespace Eisen.Serve.Packing;

/// <summary>The options of <c>inspect</c>.</summary>
internal static class InspectCommandLine
{
    public static Command Create()
    {
        Argument<string> archive = new("archive") { Description = "The archive: a .mar, a .tar.gz, or a folder.", HelpName = "ARCHIVE", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> noModule = new("--no-module") { Description = "Do not load the module: loading one may run code that it brings along." };
        Command command = new("inspect", "Show what is in an archive, and what is wrong with it.") { archive, noModule };
        command.SetAction((result, cancellationToken) =>
            InspectCommand.RunAsync(
                result.GetValue(archive) is { Length: > 0 } path ? path : throw new UserMistakeException("say which archive: eisen-serve inspect ARCHIVE"),
                loadModule: !result.GetValue(noModule),
                result.InvocationConfiguration.Output,
                cancellationToken));
        return command;
    }
}
