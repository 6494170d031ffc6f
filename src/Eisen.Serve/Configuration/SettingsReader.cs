using System.Globalization;
using System.Text.RegularExpressions;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Python;

namespace Eisen.Serve.Configuration;

/// <summary>
/// Makes the settings from the command line, a config.properties file and the environment. The command line wins.
/// All mistakes are told at once, each with its key and its file.
/// </summary>
internal sealed class SettingsReader
{
    private const long MaxFileBytes = 1 << 20;

    private readonly string source;
    private readonly IReadOnlyDictionary<string, string> properties;
    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private readonly List<string> mistakes = [];

    private SettingsReader(string? configFile)
    {
        source = configFile ?? "";
        properties = configFile is null ? new Dictionary<string, string>() : ReadFile(configFile);
    }

    /// <summary>Reads everything.</summary>
    /// <exception cref="UserMistakeException">A file is missing, or a value is not what its key takes.</exception>
    public static ServerSettings Read(ServerOptions options) => new SettingsReader(options.ConfigFile).ReadAll(options);

    private ServerSettings ReadAll(ServerOptions options)
    {
        ServerSettings defaults = new() { LogFolder = Path.GetFullPath(Environment.GetEnvironmentVariable("LOG_LOCATION") is { Length: > 0 } folder ? folder : "logs") };
        string? modelStore = ModelStore(options);
        string[] modelsInFile = LoadModels();
        IReadOnlyList<string> models = options.Models ?? modelsInFile;
        if (models.Count > 0 && modelStore is null)
            mistakes.Add("models were named, but no model store: add --model-store FOLDER");
        mistakes.AddRange(Configuration.ModelStore.MistakesIn(models).Select(mistake => $"{(options.Models is null ? In("load_models") : "--models")}: {mistake}"));

        ServerSettings settings = defaults with
        {
            InferenceAddress = Address("inference_address", defaults.InferenceAddress),
            ManagementAddress = Address("management_address", defaults.ManagementAddress),
            ModelStore = modelStore,
            LoadModels = models,
            DefaultWorkersPerModel = Count("default_workers_per_model", 1, 1024) ?? defaults.DefaultWorkersPerModel,
            JobQueueSize = Count("job_queue_size", 1, 1_000_000) ?? defaults.JobQueueSize,
            DefaultResponseTimeout = Seconds("default_response_timeout", 1, 1_000_000) ?? defaults.DefaultResponseTimeout,
            MaxRequestSize = Number("max_request_size", 1, Array.MaxLength) ?? defaults.MaxRequestSize,
            MaxInflightBytes = Number("max_inflight_bytes", 1, long.MaxValue),
            NumberOfGpu = Count("number_of_gpu", 0, 1024),
            IntraOpThreads = Count("intra_op_threads", 1, 1024),
            OptimizeModels = YesOrNo("optimize_models") ?? defaults.OptimizeModels,
            Python = ReadPython(defaults.Python),
            Strict = options.Strict,
        };
        if (Seconds("graceful_shutdown_timeout", 0, 86_400) is { } atTheEnd)
            settings = settings with { GracefulShutdownTimeout = atTheEnd };
        if (settings.MaxInflightBytes < settings.MaxRequestSize)
            mistakes.Add($"{In("max_inflight_bytes")} must be at least max_request_size, {settings.MaxRequestSize}, not {settings.MaxInflightBytes}");
        if (settings.InferenceAddress.Port == settings.ManagementAddress.Port)
            mistakes.Add($"inference_address and management_address both have port {settings.InferenceAddress.Port}; each needs its own");
        if (mistakes.Count > 0)
            throw new UserMistakeException(string.Join("; ", mistakes));
        return settings with { Warnings = [.. Warnings(settings)] };
    }

    private PythonSettings ReadPython(PythonSettings defaults) => defaults with
    {
        Interpreter = Find("python") is { Length: > 0 } python ? python : null,
        AllowArchiveCode = YesOrNo("allow_archive_code") ?? defaults.AllowArchiveCode,
        BlacklistedVariables = Pattern("blacklist_env_vars"),
        User = PythonUser("python_user"),
        MemoryLimit = Number("python_memory_limit", 1 << 20, long.MaxValue),
        CpuLimit = Number("python_cpu_limit", 1, int.MaxValue),
        InstallRequirements = YesOrNo("install_py_dep_per_model") ?? defaults.InstallRequirements,
        PreferTorchServe = YesOrNo("prefer_torchserve") ?? defaults.PreferTorchServe,
        ShareModels = YesOrNo("share_python_models") ?? defaults.ShareModels,
        LimitImagePixels = YesOrNo("limit_max_image_pixels") ?? defaults.LimitImagePixels,
        Envelope = Find("service_envelope") is { Length: > 0 } envelope ? envelope : null,
        MetricsConfig = Find("metrics_config") is { Length: > 0 } file ? Path.GetFullPath(file) : null,
        MaxResponseSize = Number("max_response_size", 1, Array.MaxLength) ?? defaults.MaxResponseSize,
    };

    private Regex? Pattern(string key)
    {
        if (Find(key) is not { } text)
            return null;
        try
        {
            return new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception mistake) when (mistake is ArgumentException or NotSupportedException)
        {
            mistakes.Add($"{In(key)} must be a regular expression for the names of variables; '{text}' is none: {mistake.Message}");
            return null;
        }
    }

    private PythonUser? PythonUser(string key)
    {
        if (Find(key) is not { } text)
            return null;
        PythonUser? user = Python.PythonUser.Find(text);
        if (user is null)
            mistakes.Add($"{In(key)} must be a user of this system other than root, or two numbers as in 1000:1000, not '{text}'");
        return user;
    }

    private IEnumerable<string> Warnings(ServerSettings settings)
    {
        foreach (string key in properties.Keys.Where(key => !known.Contains(key)))
            yield return $"{source}: '{key}' has no meaning here and is ignored{Nearest.DidYouMean(key, known)}";
        foreach ((string key, ListenAddress address) in new[] { ("inference_address", settings.InferenceAddress), ("management_address", settings.ManagementAddress) })
        {
            if (!address.IsLoopback)
                yield return $"{key} is {address}: everybody who can reach it may use it, as there is no authorization yet";
        }
    }

    private string? ModelStore(ServerOptions options)
    {
        string? fromFile = Find("model_store");
        (string Name, string Folder)? given = options.ModelStore is { } option ? ("--model-store", option) : fromFile is null ? null : (In("model_store"), fromFile);
        if (given is not (string name, string folder))
            return null;

        if (folder.Length == 0 || folder.Contains('\0'))
        {
            mistakes.Add($"{name} needs the path of a folder");
            return null;
        }

        string path = Path.GetFullPath(folder);
        if (!Directory.Exists(path))
            mistakes.Add($"{name}: there is no folder '{folder}'{NearestPath(path, Directory.EnumerateDirectories)}");
        return path;
    }

    private string[] LoadModels()
    {
        string[] models = (Find("load_models") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        // TorchServe's words for none.
        return models is ["none" or "standalone"] ? [] : models;
    }

    private ListenAddress Address(string key, ListenAddress otherwise)
    {
        if (Find(key) is not { } text)
            return otherwise;
        if (ListenAddress.TryParse(text, out ListenAddress? address, out string? mistake))
            return address;
        mistakes.Add($"{In(key)} {mistake}");
        return otherwise;
    }

    private TimeSpan? Seconds(string key, long minimum, long maximum) =>
        Number(key, minimum, maximum) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    private int? Count(string key, int minimum, int maximum) => (int?)Number(key, minimum, maximum);

    private long? Number(string key, long minimum, long maximum)
    {
        if (Find(key) is not { } text)
            return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= minimum && number <= maximum)
            return number;
        mistakes.Add($"{In(key)} must be a whole number from {minimum} to {maximum}, not '{text}'");
        return null;
    }

    private bool? YesOrNo(string key)
    {
        if (Find(key) is not { } text)
            return null;
        if (bool.TryParse(text, out bool value))
            return value;
        mistakes.Add($"{In(key)} must be true or false, not '{text}'");
        return null;
    }

    private string? Find(string key)
    {
        known.Add(key);
        return properties.GetValueOrDefault(key);
    }

    private string In(string key) => $"{source}: {key}";

    private static IReadOnlyDictionary<string, string> ReadFile(string file)
    {
        if (file.Length == 0)
            throw new UserMistakeException("--ts-config needs the path of a file");

        string path = Path.GetFullPath(file);
        if (!File.Exists(path))
            throw new UserMistakeException($"--ts-config: there is no file '{file}'{NearestPath(path, Directory.EnumerateFiles)}");
        if (new FileInfo(path).Length > MaxFileBytes)
            throw new UserMistakeException($"--ts-config: '{file}' is larger than {MaxFileBytes >> 20} MiB; that is no config.properties");
        try
        {
            return PropertiesFile.Parse(File.ReadAllText(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"--ts-config: '{file}' cannot be read ({failure.Message})");
        }
    }

    private static string NearestPath(string path, Func<string, IEnumerable<string>> siblings)
    {
        string? parent = Path.GetDirectoryName(path);
        return parent is not null && Directory.Exists(parent)
            ? Nearest.DidYouMean(Path.GetFileName(path), siblings(parent).Select(sibling => Path.GetFileName(sibling)!))
            : "";
    }
}
