using System.CommandLine;

namespace Eisen.Serve.Background;

/// <summary>The command <c>stop</c>.</summary>
internal static class StopCommandLine
{
    public static Command Create()
    {
        Command command = new("stop", "As --stop: stop the server, after the requests under way have been answered.");
        command.SetAction(_ => StopCommand.Run(RunFolder.Find()));
        return command;
    }
}
