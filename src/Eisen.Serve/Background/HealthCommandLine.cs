using System.CommandLine;
using Eisen.Serve.CommandLine;

namespace Eisen.Serve.Background;

/// <summary>The options of <c>health</c>.</summary>
internal static class HealthCommandLine
{
    private const double LongestPatience = 3600;

    public static Command Create()
    {
        Option<string> configFile = new("--ts-config") { Description = "Ask the address that this config.properties has, instead of the server that runs from the run folder.", HelpName = "FILE" };
        Option<double> seconds = new("--timeout") { Description = "Seconds that the answer may take.", HelpName = "SECONDS", DefaultValueFactory = _ => 5 };
        Command command = new("health", "Tell whether the server takes requests: 0 when it does, 1 when it does not.") { configFile, seconds };
        command.SetAction((result, cancellationToken) => HealthCommand.RunAsync(
            result.GetValue(configFile),
            result.GetValue(seconds) is var patience and > 0 and <= LongestPatience
                ? TimeSpan.FromSeconds(patience)
                : throw new UserMistakeException($"--timeout must be more than 0 and at most {LongestPatience} seconds"),
            result.InvocationConfiguration.Output,
            cancellationToken));
        return command;
    }
}
