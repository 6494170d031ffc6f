using Eisen.Serve.Background;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Eisen.Serve.Hosting;

try
{
    if (ProgramCommands.Parse(args) is { } command)
        return await ProgramCommands.RunAsync(command);
    if (CommandLineParser.Parse(args, out int exitCode) is not { } options)
        return exitCode;
    if (options.Question != ConfigQuestion.None)
        return ConfigAnswer.Write(options, Console.Out, Console.Error);
    if (options.Stop && (options.Start || options.Foreground))
        throw new UserMistakeException($"--stop ends the server that runs, and {(options.Start ? "--start" : "--foreground")} begins one: say one of them");
    if (!options.Start && !options.Stop && !options.Foreground)
        throw new UserMistakeException("say --start or --stop; --help tells all options");

    if (options.Stop)
        return StopCommand.Run(RunFolder.Find());

    RunFolder folder = RunFolder.Open();
    bool isServer = BackgroundStart.IsServerProcess(out Action<StartReport> toStarter, out ConsoleLog? console);
    using (console)
    {
        if (isServer)
            return await RunServerAsync(options, folder, toStarter);
    }

    if (options.Foreground)
        return await new Server(SettingsReader.Read(options), folder, ToTerminal).RunAsync(keepsTerminal: true);

    // Mistakes are told before a process is started for them.
    ServerSettings settings = SettingsReader.Read(options);
    using (FileStream? free = folder.TryLock())
    {
        if (free is null)
            throw new UserMistakeException(Server.AlreadyRunning(folder));
    }

    return BackgroundStart.Run(args, settings.LogFolder);
}
catch (UserMistakeException mistake)
{
    Console.Error.WriteLine($"eisen-serve: {mistake.Message}");
    return 1;
}

static async Task<int> RunServerAsync(ServerOptions options, RunFolder folder, Action<StartReport> toStarter)
{
    try
    {
        return await new Server(SettingsReader.Read(options), folder, toStarter).RunAsync(keepsTerminal: false);
    }
    catch (Exception failure)
    {
        // Whatever it is, the one who waits at the terminal is told.
        toStarter(new StartReport { Failure = failure is UserMistakeException ? failure.Message : failure.ToString() });
        return 1;
    }
}

static void ToTerminal(StartReport report) => (report.Failure is null ? Console.Out : Console.Error).Write(report);
