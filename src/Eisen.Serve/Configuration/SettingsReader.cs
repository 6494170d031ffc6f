using System.Security.Cryptography;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;
using Eisen.Serve.Fetching;
using Eisen.Serve.Listeners;
using Eisen.Serve.Python;

namespace Eisen.Serve.Configuration;

/// <summary>
/// Makes the settings from what was said about them. All mistakes are told at once, each with its key and where it stands.
/// </summary>
internal sealed class SettingsReader
{
    private readonly SettingValues said;
    private readonly SettingParser settings;
    private readonly List<string> warnings;

    private SettingsReader(ServerOptions options)
    {
        said = SettingValues.Gather(options);
        settings = new SettingParser(said);
        warnings = [.. said.Unknown, .. said.Warnings, .. options.WithoutMeaning.Select(option => $"{option} has no meaning here and is ignored")];
    }

    /// <summary>Reads everything.</summary>
    /// <exception cref="UserMistakeException">A file is missing, or a value is not what its key takes.</exception>
    public static ServerSettings Read(ServerOptions options) => Read(options, out _);

    /// <summary>Reads everything, and tells which keys were looked for.</summary>
    /// <exception cref="UserMistakeException">A file is missing, or a value is not what its key takes.</exception>
    public static ServerSettings Read(ServerOptions options, out IReadOnlySet<string> keys)
    {
        SettingsReader reader = new(options);
        ServerSettings result = reader.ReadAll(options);
        keys = reader.settings.Read;
        // A key that is not known may be why something else is missing.
        return reader.settings.Mistakes.Count > 0
            ? throw new UserMistakeException(string.Join("; ", reader.settings.Mistakes.Concat(reader.said.Unknown)))
            : result with { Warnings = [.. reader.warnings, .. reader.settings.Warnings] };
    }

    private ServerSettings ReadAll(ServerOptions options)
    {
        ServerSettings defaults = new() { LogFolder = LogFolders.Log, MetricsFolder = LogFolders.Metrics };
        PythonSettings python = Python(defaults.Python);
        ServerSettings read = defaults with
        {
            InferenceAddress = settings.Address("inference_address", 80, 443) ?? defaults.InferenceAddress,
            ManagementAddress = settings.Address("management_address", 8081, 8444) ?? defaults.ManagementAddress,
            Cors = new CorsSettings(settings.Text("cors_allowed_origin"), settings.Text("cors_allowed_methods"), settings.Text("cors_allowed_headers")),
            EnableModelApi = settings.Flag("enable_model_api") ?? defaults.EnableModelApi,
            AllowedUrls = Addresses(),
            MaxDownloadSize = settings.Whole("max_download_size") ?? defaults.MaxDownloadSize,
            DownloadTimeout = settings.Seconds("download_timeout") ?? defaults.DownloadTimeout,
            OpenInferenceProtocol = OpenInferenceProtocol() ?? defaults.OpenInferenceProtocol,
            ModelStore = settings.ExistingFolder("model_store"),
            LoadModels = LoadModels(),
            Models = new ModelRecordReader(settings, "models").Read() ?? [],
            Snapshot = new ModelRecordReader(settings, "model_snapshot").Read(),
            SnapshotFolder = options.NoConfigSnapshots ? null : SnapshotFolder.Open().FullName,
            DefaultServiceHandler = settings.Text("default_service_handler") is { Length: > 0 } handler ? handler : null,
            // TorchServe's word for not set.
            DefaultWorkersPerModel = settings.Whole("default_workers_per_model") is { } workers and > 0 ? (int)workers : null,
            JobQueueSize = (int?)settings.Whole("job_queue_size") ?? defaults.JobQueueSize,
            DefaultResponseTimeout = settings.Seconds("default_response_timeout") ?? defaults.DefaultResponseTimeout,
            DefaultStartupTimeout = settings.Seconds("default_startup_timeout") ?? defaults.DefaultStartupTimeout,
            UnregisterModelTimeout = settings.Seconds("unregister_model_timeout") ?? defaults.UnregisterModelTimeout,
            MaxRequestSize = settings.Whole("max_request_size") ?? defaults.MaxRequestSize,
            MaxResponseSize = settings.Whole("max_response_size") ?? defaults.MaxResponseSize,
            MaxInflightBytes = settings.Whole("max_inflight_bytes"),
            NumberOfGpu = (int?)settings.Whole("number_of_gpu"),
            IntraOpThreads = (int?)settings.Whole("intra_op_threads"),
            OptimizeModels = settings.Flag("optimize_models") ?? defaults.OptimizeModels,
            Strict = options.Strict,
            Python = python,
            Metrics = Metrics(python.MetricsConfig),
            Log = Log(),
            ConfigFile = said.ConfigFile,
            Said = said.All,
        };
        if (settings.Seconds("graceful_shutdown_timeout") is { } atTheEnd)
            read = read with { GracefulShutdownTimeout = atTheEnd };
        // Both were looked at before anything else could be; here they are checked.
        settings.Flag("enable_envvars_config");
        settings.Flag("use_env_allowed_urls");
        CheckTogether(read);
        return read with { Certificate = Certificate(read), Access = Access(read) };
    }

    private void CheckTogether(ServerSettings read)
    {
        if (read.LoadModels.Count > 0 && said.Find("model_store") is null)
            settings.Mistake("", "models were named, but no model store: add --model-store FOLDER");
        foreach (string mistake in ModelStore.MistakesIn(read.LoadModels))
            settings.Mistake(settings.In("load_models"), $": {mistake}");
        if (read.MaxInflightBytes < read.MaxRequestSize)
            settings.Mistake(settings.In("max_inflight_bytes"), $" must be at least max_request_size, {read.MaxRequestSize}, not {read.MaxInflightBytes}");
        foreach (IGrouping<string, (ListenerRole, string Key, ListenAddress)> same in read.Listeners
            .GroupBy(listener => listener.Address.SocketPath ?? $"port {listener.Address.Port}").Where(same => same.Count() > 1))
            settings.Mistake("", $"{string.Join(" and ", same.Select(listener => listener.Key))} both have {same.Key}; each needs its own");
    }

    private IReadOnlyList<string> LoadModels()
    {
        IReadOnlyList<string> models = settings.List("load_models") ?? [];
        // A file with a snapshot names the models that were loaded first, and what of them is left is in the snapshot.
        bool isOld = said.Find("model_snapshot") is not null && said.Find("load_models")?.IsInFile == true;
        // TorchServe's words for none.
        return isOld || models is ["none" or "standalone"] ? [] : models;
    }

    // TorchServe always looks at this variable, and for this word.
    private bool? OpenInferenceProtocol()
    {
        bool? inFile = settings.Flag("ts_open_inference_protocol");
        return Environment.GetEnvironmentVariable("TS_OPEN_INFERENCE_PROTOCOL") is { Length: > 0 } word ? word == "oip" : inFile;
    }

    private IReadOnlyList<string> Addresses()
    {
        IReadOnlyList<string> patterns = settings.List("allowed_urls") ?? [];
        try
        {
            _ = new AllowedUrls(patterns);
            return patterns;
        }
        catch (ArgumentException mistake)
        {
            settings.Mistake(settings.In("allowed_urls"), $": {PrintableText.Escaped(mistake.Message)}");
            return [];
        }
    }

    private PythonSettings Python(PythonSettings defaults) => defaults with
    {
        Interpreter = settings.Text("python"),
        AllowArchiveCode = settings.Flag("allow_archive_code") ?? defaults.AllowArchiveCode,
        BlacklistedVariables = settings.Pattern("blacklist_env_vars"),
        WithheldVariables = [.. AccessKeysReader.Variables, .. SettingTable.All.Where(setting => setting.IsSecret).SelectMany(setting => setting.Variables)],
        User = PythonUser(),
        MemoryLimit = settings.Whole("python_memory_limit"),
        CpuLimit = settings.Whole("python_cpu_limit"),
        InstallRequirements = settings.Flag("install_py_dep_per_model") ?? defaults.InstallRequirements,
        PreferTorchServe = settings.Flag("prefer_torchserve") ?? defaults.PreferTorchServe,
        ShareModels = settings.Flag("share_python_models") ?? defaults.ShareModels,
        LimitImagePixels = settings.Flag("limit_max_image_pixels") ?? defaults.LimitImagePixels,
        Envelope = settings.Choice("service_envelope"),
        MetricsConfig = settings.ExistingFile("metrics_config"),
        MaxResponseSize = settings.Whole("max_response_size") ?? defaults.MaxResponseSize,
    };

    private PythonUser? PythonUser()
    {
        if (settings.Text("python_user") is not { } text)
            return null;
        PythonUser? user = Eisen.Serve.Python.PythonUser.Find(text);
        if (user is null)
            settings.Mistake(settings.In("python_user"), $" must be a user of this system other than root, or two numbers as in 1000:1000, not {PrintableText.Quoted(text)}");
        return user;
    }

    private MetricsSettings Metrics(string? configFile)
    {
        MetricsSettings defaults = new();
        return new MetricsSettings
        {
            Address = settings.Address("metrics_address", 8082, 8445) ?? defaults.Address,
            IsListening = settings.Flag("enable_metrics_api") ?? defaults.IsListening,
            Mode = settings.Choice("metrics_mode") switch { "prometheus" => MetricsMode.Prometheus, "legacy" => MetricsMode.Legacy, _ => MetricsMode.Log },
            ConfigFile = configFile,
            DetectsModelMetrics = settings.Flag("model_metrics_auto_detect") ?? defaults.DetectsModelMetrics,
            OmitsSystemMetrics = settings.Flag("disable_system_metrics") ?? defaults.OmitsSystemMetrics,
            Interval = settings.Seconds("metric_time_interval") ?? defaults.Interval,
        };
    }

    private LogSettings Log()
    {
        LogSettings defaults = new();
        return new LogSettings
        {
            IsJson = settings.Choice("log_format") == "json",
            Level = settings.Choice("log_level") switch
            {
                "debug" => LogLevel.Debug,
                "warn" => LogLevel.Warning,
                "error" => LogLevel.Error,
                _ => LogLevel.Information,
            },
            FileBytes = settings.Whole("log_file_size") ?? defaults.FileBytes,
            FilesKept = (int?)settings.Whole("log_files_kept") ?? defaults.FilesKept,
        };
    }

    private AccessSettings Access(ServerSettings read)
    {
        AccessSettings defaults = new();
        AccessSettings access = defaults with
        {
            TokenLifetime = settings.Minutes("token_expiration_min") ?? defaults.TokenLifetime,
            TokenKeyFile = Path.GetFullPath(settings.Text("token_key_file") ?? "key_file.json"),
            CoversMetrics = !read.Metrics.Address.IsLoopback,
            Keys = new AccessKeysReader(settings).Read(),
        };
        bool? disabled = settings.Flag("disable_token_authorization");
        (_, string? key, ListenAddress? reachable) = read.Listeners.FirstOrDefault(listener => !listener.Address.IsLoopback);
        string? others = reachable is null ? null : $"{key} is {reachable}, which other machines may reach";
        return disabled switch
        {
            true => access with { Reason = $"{settings.In("disable_token_authorization")} says so{(others is null ? "" : $", though {others}")}", IsOpenToOthers = others is not null },
            false => access with { NeedsTokens = true, Reason = $"{settings.In("disable_token_authorization")} says so" },
            null when others is not null => access with { NeedsTokens = true, Reason = others },
            null when !access.Keys.IsEmpty => access with { NeedsTokens = true, Reason = "there are keys of your own" },
            null => access,
        };
    }

    private ServerCertificate? Certificate(ServerSettings read)
    {
        string? keystore = settings.ExistingFile("keystore");
        string? keyFile = settings.ExistingFile("private_key_file");
        string? certificateFile = settings.ExistingFile("certificate_file");
        string password = settings.Text("keystore_pass") ?? "changeit";
        settings.Choice("keystore_type");
        if (read.Listeners.FirstOrDefault(listener => listener.Address.IsTls) is not { Address: not null } tls)
            return null;
        if (keystore is null && (keyFile is null || certificateFile is null))
        {
            settings.Mistake(settings.In(tls.Key), $" is {tls.Address}, which needs private_key_file and certificate_file, or keystore");
            return null;
        }

        string source = settings.In(keystore is not null ? "keystore" : "certificate_file");
        try
        {
            ServerCertificate certificate = keystore is not null ? ServerCertificate.FromKeystore(keystore, password) : ServerCertificate.FromPem(certificateFile!, keyFile!);
            if (certificate.Certificate.NotAfter < DateTime.Now)
                warnings.Add($"{source}: the certificate was valid until {certificate.Certificate.NotAfter:yyyy-MM-dd}; clients will refuse it");
            return certificate;
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // A file that is not there has been told of already.
            if (failure is not FileNotFoundException and not DirectoryNotFoundException)
                settings.Mistake(source, $" cannot be used with its key ({PrintableText.Escaped(failure.Message.TrimEnd('.'))})");
            return null;
        }
    }
}
