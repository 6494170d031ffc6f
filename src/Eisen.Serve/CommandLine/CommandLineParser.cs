using System.CommandLine;
using System.CommandLine.Help;
using Eisen.Serve.Configuration;

namespace Eisen.Serve.CommandLine;

/// <summary>The options that <c>torchserve</c> has, and ours.</summary>
internal static class CommandLineParser
{
    private static readonly Option<bool> Start = new("--start") { Description = "Start the server, and return when every model named is ready or has failed." };
    private static readonly Option<bool> Stop = new("--stop") { Description = "Stop the server, after the requests under way have been answered." };
    private static readonly Option<bool> Foreground = new("--foreground") { Description = "Keep the server in this terminal; Ctrl-C ends it." };
    private static readonly Option<bool> Strict = new("--strict") { Description = "Do not serve unless every model named is ready." };
    private static readonly Option<bool> NoConfigSnapshots = new("--no-config-snapshots", "--ncs") { Description = "Neither read nor write snapshots of the models that are loaded." };
    private static readonly Option<bool> DisableTokenAuth = new("--disable-token-auth", "--dt") { Description = "Let everybody ask who reaches a listener, without a token." };
    private static readonly Option<bool> EnableModelApi = new("--enable-model-api") { Description = $"As enable_model_api=true: {Said("enable_model_api")}." };
    private static readonly Option<string> ConfigFile = new("--ts-config") { Description = "A config.properties file; 'config keys' tells its keys.", HelpName = "FILE" };
    private static readonly Option<string> ModelStore = new("--model-store") { Description = $"As model_store: {Said("model_store")}.", HelpName = "FOLDER" };
    private static readonly Option<string[]> Models = new("--models")
    {
        Description = "The models to load: archives in the model store, each as FILE or NAME=FILE, or 'all'.",
        HelpName = "FILE | NAME=FILE | all",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    // TorchServe's, for what is not here.
    private static readonly Option<string>[] WithoutMeaning =
    [
        new("--log-config") { Hidden = true },
        new("--cpp-log-config") { Hidden = true },
        new("--workflow-store") { Hidden = true },
        new("--plugins-path", "--ppath") { Hidden = true },
    ];

    /// <summary>Reads the command line.</summary>
    /// <param name="args">The arguments as the program got them.</param>
    /// <param name="exitCode">Set when help or the version was asked for and has been printed.</param>
    /// <returns>The server's options, or null when <paramref name="exitCode"/> is set.</returns>
    /// <exception cref="UserMistakeException">An option is unknown, or lacks its value.</exception>
    public static ServerOptions? Parse(string[] args, out int exitCode)
    {
        RootCommand root = new("Eisen.Serve answers TorchServe's interfaces for TorchScript models, without Python or Java.")
        {
            Start, Stop, Foreground, Strict, NoConfigSnapshots, DisableTokenAuth, EnableModelApi, ConfigFile, ModelStore, Models,
        };
        foreach (Option<string> option in WithoutMeaning)
            root.Add(option);
        Command print = new("print", "Print every setting, its value, and where that comes from.") { NoConfigSnapshots, DisableTokenAuth, EnableModelApi, ConfigFile, ModelStore, Models };
        Command schema = new("schema", "Print the settings' JSON schema.");
        Command keys = new("keys", "Print the table of all settings.");
        Command config = new("config", "Tell about the settings.") { print, schema, keys };
        root.Add(config);
        foreach (Command command in ProgramCommands.All)
            root.Add(command);
        // What is missing is told here, not by the library.
        root.SetAction(static _ => { });
        config.SetAction(static _ => { });
        VersionOption version = root.Options.OfType<VersionOption>().Single();
        version.Aliases.Add("-v");

        root.Directives.Clear();
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

        Command asked = result.CommandResult.Command;
        if (ProgramCommands.All.Any(command => command.Name == asked.Name))
            throw new UserMistakeException($"'{asked.Name}' comes first, without the server's options; 'eisen-serve {asked.Name} --help' tells its own");
        CommandLineMistakes.ThrowIfAny(result, asked);
        if (asked == config)
            throw new UserMistakeException("say config print, config schema or config keys");
        return new ServerOptions
        {
            Start = result.GetValue(Start),
            Stop = result.GetValue(Stop),
            Foreground = result.GetValue(Foreground),
            Strict = result.GetValue(Strict),
            Question = asked == print ? ConfigQuestion.Print : asked == schema ? ConfigQuestion.Schema : asked == keys ? ConfigQuestion.Keys : ConfigQuestion.None,
            NoConfigSnapshots = result.GetValue(NoConfigSnapshots),
            DisableTokenAuth = result.GetValue(DisableTokenAuth),
            EnableModelApi = result.GetValue(EnableModelApi),
            ConfigFile = result.GetValue(ConfigFile),
            ModelStore = result.GetValue(ModelStore),
            Models = result.GetResult(Models) is null ? null : result.GetValue(Models),
            WithoutMeaning = [.. WithoutMeaning.Where(option => result.GetResult(option) is not null).Select(option => option.Name)],
        };
    }

    private static string Said(string key) => SettingTable.Find(key)!.Description;
}
