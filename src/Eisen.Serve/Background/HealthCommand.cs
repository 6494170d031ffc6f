using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;

namespace Eisen.Serve.Background;

/// <summary><c>health</c>: tells in a line whether requests should be sent to the server. What watches containers asks it again
/// and again, so that it loads and reads no more than it needs.</summary>
internal static class HealthCommand
{
    /// <summary>Asks the server.</summary>
    /// <param name="configFile">A configuration that says where it listens; null to ask the one that runs from this run folder.</param>
    /// <param name="patience">How long the answer may take.</param>
    /// <param name="output">Where the line goes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The exit code: 0 when it serves.</returns>
    /// <exception cref="UserMistakeException">The configuration or the run folder cannot be used.</exception>
    public static async Task<int> RunAsync(string? configFile, TimeSpan patience, TextWriter output, CancellationToken cancellationToken)
    {
        ListenAddress address;
        ServerRecord? record = null;
        if (configFile is not null)
        {
            address = SettingsReader.Read(new ServerOptions { ConfigFile = configFile, NoConfigSnapshots = true }).InferenceAddress;
        }
        else if (RunningServer.TryFind(RunFolder.Find(), out record))
        {
            address = RunningServer.Address(record.InferenceAddress);
        }
        else
        {
            output.WriteLine($"Unhealthy: {RunningServer.NotRunning}.");
            return 1;
        }

        try
        {
            (string word, bool isServing) = await RunningServer.PingAsync(address, patience, cancellationToken);
            string why = record?.UnderWayAtStop is not null ? "it is about to stop" : "it is loading models, has none that works, or is about to stop";
            output.WriteLine($"{word}: {address} {(isServing ? "takes requests" : $"takes no requests: {why}")}.");
            return isServing ? 0 : 1;
        }
        catch (NoAnswerException failure)
        {
            output.WriteLine($"Unhealthy: {address} {failure.Message}.");
            return 1;
        }
    }
}
