using System.CommandLine;
using System.CommandLine.Help;
using Eisen.Serve.Packing;

namespace Eisen.Serve.CommandLine;

/// <summary>The options that <c>torchserve</c> has, and ours.</summary>
internal static class CommandLineParser
{
    private static readonly Option<bool> Start = new("--start") { Description = "Start the server, and return when every model named is ready or has failed." };
    private static readonly Option<bool> Stop = new("--stop") { Description = "Stop the server, after the requests under way have been answered." };
    private static readonly Option<bool> Foreground = new("--foreground") { Description = "Keep the server in this terminal; Ctrl-C ends it." };
    private static readonly Option<bool> Strict = new("--strict") { Description = "Do not serve unless every model named is ready." };
    private static readonly Option<bool> NoConfigSnapshots = new("--no-config-snapshots", "--ncs") { Description = "Do not write configuration snapshots. None are written yet, so that it changes nothing." };
    private static readonly Option<string> ConfigFile = new("--ts-config") { Description = "A config.properties file.", HelpName = "FILE" };
    private static readonly Option<string> ModelStore = new("--model-store") { Description = "The folder with the model archives.", HelpName = "FOLDER" };
    private static readonly Option<string[]> Models = new("--models")
    {
        Description = "The models to load: archives in the model store, each as FILE or NAME=FILE, or 'all'.",
        HelpName = "FILE | NAME=FILE | all",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Reads the command line.</summary>
    /// <param name="args">The arguments as the program got them.</param>
    /// <param name="exitCode">Set when help or the version was asked for and has been printed.</param>
    /// <returns>The server's options, or null when <paramref name="exitCode"/> is set.</returns>
    /// <exception cref="UserMistakeException">An option is unknown, or lacks its value.</exception>
    public static ServerOptions? Parse(string[] args, out int exitCode)
    {
        RootCommand root = new("Eisen.Serve answers TorchServe's interfaces for TorchScript models, without Python or Java.")
        {
            Start, Stop, Foreground, Strict, NoConfigSnapshots, ConfigFile, ModelStore, Models,
        };
        VersionOption version = root.Options.OfType<VersionOption>().Single();
        version.Aliases.Add("-v");

        root.Directives.Clear();
        foreach (Command command in ArchiveCommands.All)
            root.Subcommands.Add(command);
        // Without one, a command would have to be named.
        root.SetAction(_ => { });

        // Paths may begin with '@'; they are not files with more options.
        ParseResult result = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        exitCode = 0;
        if (result.Action is HelpAction)
        {
            exitCode = result.Invoke();
            return null;
        }

        if (result.GetResult(version) is not null)
        {
            Console.WriteLine($"Eisen.Serve {ProductVersion.Text}");
            return null;
        }

        if (result.CommandResult.Command is { } named && named != root)
            throw new UserMistakeException($"'{named.Name}' comes first, without the server's options; 'eisen-serve {named.Name} --help' tells its own");
        CommandLineMistakes.ThrowIfAny(result, root);
        return new ServerOptions
        {
            Start = result.GetValue(Start),
            Stop = result.GetValue(Stop),
            Foreground = result.GetValue(Foreground),
            Strict = result.GetValue(Strict),
            ConfigFile = result.GetValue(ConfigFile),
            ModelStore = result.GetValue(ModelStore),
            Models = result.GetResult(Models) is null ? null : result.GetValue(Models),
        };
    }
}
