using System.Text.RegularExpressions;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;

namespace Eisen.Serve.Configuration;

/// <summary>
/// What was said about each setting, by whoever has the last word, as with TorchServe: the environment, then the command
/// line, then the file. Nothing is checked yet.
/// </summary>
internal sealed partial class SettingValues
{
    private const long MaxFileBytes = 1 << 20;
    private const string DefaultFile = "config.properties";
    private const string FileVariable = "TS_CONFIG_FILE";

    private readonly Dictionary<string, SettingValue> values = new(StringComparer.Ordinal);
    private readonly List<string> warnings = [];
    private readonly List<string> unknown = [];
    private readonly List<string> mistakes = [];

    private SettingValues()
    {
    }

    /// <summary>The file that was read, as it was named; null for none.</summary>
    public string? ConfigFile { get; private set; }

    /// <summary>Keys that are not known, each once.</summary>
    public IReadOnlyList<string> Unknown => unknown;

    /// <summary>Keys that have no meaning here, or are set twice, each once.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>What is wrong with the file as such.</summary>
    public IReadOnlyList<string> Mistakes => mistakes;

    /// <summary>Everything that was said, by key.</summary>
    public IReadOnlyDictionary<string, SettingValue> All => values;

    /// <summary>What was said about a key, or null.</summary>
    public SettingValue? Find(string key) => values.GetValueOrDefault(key);

    /// <summary>Asks all sources.</summary>
    /// <exception cref="UserMistakeException">There is no file of the name given, or it cannot be read.</exception>
    public static SettingValues Gather(ServerOptions options)
    {
        SettingValues said = new();
        said.ReadFile(options);
        said.ReadOptions(options);
        if (said.Find("enable_envvars_config") is { } enabled && enabled.Text.Equals("true", StringComparison.OrdinalIgnoreCase))
            said.ReadEnvironment();
        return said;
    }

    private void ReadFile(ServerOptions options)
    {
        (string, string)? named = Environment.GetEnvironmentVariable(FileVariable) is { Length: > 0 } variable ? (FileVariable, variable)
            : options.ConfigFile is { } option ? ("--ts-config", option)
            : null;
        // Who names models wants these, and not those of another day beside them.
        if (named is null && !options.NoConfigSnapshots && options.Models is null && SnapshotFolder.Open().Files.LastOrDefault() is { } snapshot)
            named = ("the last snapshot", snapshot);

        if (named is null && File.Exists(DefaultFile))
            named = ("the working folder", DefaultFile);
        if (named is not (string namedBy, string file))
            return;

        ConfigFile = file;
        foreach (Property property in PropertiesFile.Parse(Load(namedBy, file)))
            Take(file, property);
    }

    private void Take(string file, Property property)
    {
        string origin = $"{file}:{property.Line}";
        string key = property.Key;
        SettingValue? before = Find(key);
        if (before is not null)
            warnings.Add($"{origin}: '{PrintableText.Escaped(key)}' is set again, and this value counts, not that of {before.Origin}");
        values[key] = new SettingValue(WithVariables(origin, property), origin, IsInFile: true);
        if (before is not null)
            return;
        if (SettingTable.Find(key) is not { } setting)
            unknown.Add($"{origin}: '{PrintableText.Escaped(key)}' is not known and is ignored{Nearest.DidYouMean(key, SettingTable.All.Select(known => known.Key))}");
        else if (setting.Use == SettingUse.None)
            warnings.Add($"{origin}: '{key}' has no meaning here and is ignored: {setting.Description}");
    }

    // TorchServe's own: $$NAME$$ stands for an environment variable.
    private string WithVariables(string origin, Property property) => VariableForm().Replace(property.Value, name =>
    {
        if (Environment.GetEnvironmentVariable(name.Groups[1].Value) is { } value)
            return value;
        mistakes.Add($"{origin}: {property.Key} names the environment variable '{name.Groups[1].Value}', which is not set");
        return "";
    });

    private void ReadOptions(ServerOptions options)
    {
        Set("model_store", options.ModelStore, "--model-store");
        Set("load_models", options.Models is null ? null : string.Join(',', options.Models), "--models");
        Set("disable_token_authorization", options.DisableTokenAuth ? "true" : null, "--disable-token-auth");
        Set("enable_model_api", options.EnableModelApi ? "true" : null, "--enable-model-api");
    }

    private void ReadEnvironment()
    {
        // Who may set a variable may not therefore say where models come from.
        bool allowsUrls = Find("use_env_allowed_urls")?.Text.Equals("true", StringComparison.OrdinalIgnoreCase) == true;
        foreach (Setting setting in SettingTable.All.Where(setting => setting.Use == SettingUse.Acts && (setting.Key != "allowed_urls" || allowsUrls)))
        {
            if (setting.Variables.FirstOrDefault(variable => Environment.GetEnvironmentVariable(variable) is not null) is { } variable)
                Set(setting.Key, Environment.GetEnvironmentVariable(variable), variable);
        }
    }

    private void Set(string key, string? text, string origin)
    {
        if (text is not null)
            values[key] = new SettingValue(text, origin);
    }

    private static string Load(string namedBy, string file)
    {
        if (file.Length == 0)
            throw new UserMistakeException($"{namedBy} needs the path of a file");

        string path = Path.GetFullPath(file);
        if (!File.Exists(path))
            throw new UserMistakeException($"{namedBy}: there is no file '{file}'{NearestPath.To(path, Directory.EnumerateFiles)}");
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > MaxFileBytes)
                throw new UserMistakeException($"{namedBy}: '{file}' is larger than {MaxFileBytes >> 20} MiB; that is no config.properties");
            using StreamReader reader = new(stream);
            return reader.ReadToEnd();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"{namedBy}: '{file}' cannot be read ({failure.Message})");
        }
    }

    [GeneratedRegex(@"\$\$([^$]+)\$\$")]
    private static partial Regex VariableForm();
}
