using System.CommandLine;

namespace Eisen.Serve.Background;

/// <summary>The options of <c>status</c>.</summary>
internal static class StatusCommandLine
{
    public static Command Create()
    {
        Command command = new("status", "Tell what is running: process, addresses, models; 1 when nothing is.");
        command.SetAction((result, cancellationToken) => StatusCommand.RunAsync(RunFolder.Find(), result.InvocationConfiguration.Output, cancellationToken));
        return command;
    }
}
