using System.Security.Cryptography;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;
using Eisen.Serve.Listeners;

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
        warnings = [.. said.Warnings, .. options.WithoutMeaning.Select(option => $"{option} has no meaning here and is ignored")];
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
        return reader.settings.Mistakes.Count > 0
            ? throw new UserMistakeException(string.Join("; ", reader.settings.Mistakes))
            : result with { Warnings = reader.warnings };
    }

    private ServerSettings ReadAll(ServerOptions options)
    {
        ServerSettings defaults = new() { LogFolder = LogFolders.Log, MetricsFolder = LogFolders.Metrics };
        ServerSettings read = defaults with
        {
            InferenceAddress = settings.Address("inference_address", 80, 443) ?? defaults.InferenceAddress,
            ManagementAddress = settings.Address("management_address", 8081, 8444) ?? defaults.ManagementAddress,
            Cors = new CorsSettings(settings.Text("cors_allowed_origin"), settings.Text("cors_allowed_methods"), settings.Text("cors_allowed_headers")),
            EnableModelApi = settings.Flag("enable_model_api") ?? defaults.EnableModelApi,
            AllowedUrls = settings.List("allowed_urls") ?? [],
            ModelStore = settings.ExistingFolder("model_store"),
            LoadModels = LoadModels(),
            Models = new ModelRecordReader(settings, "models").Read() ?? [],
            Snapshot = new ModelRecordReader(settings, "model_snapshot").Read(),
            SnapshotFolder = options.NoConfigSnapshots ? null : SnapshotFolder.Open().FullName,
            DefaultWorkersPerModel = settings.Whole("default_workers_per_model") is { } workers and > 0 ? (int)workers : defaults.DefaultWorkersPerModel,
            JobQueueSize = (int?)settings.Whole("job_queue_size") ?? defaults.JobQueueSize,
            DefaultResponseTimeout = settings.Seconds("default_response_timeout") ?? defaults.DefaultResponseTimeout,
            DefaultStartupTimeout = settings.Seconds("default_startup_timeout") ?? defaults.DefaultStartupTimeout,
            UnregisterModelTimeout = settings.Seconds("unregister_model_timeout") ?? defaults.UnregisterModelTimeout,
            MaxRequestSize = settings.Whole("max_request_size") ?? defaults.MaxRequestSize,
            MaxResponseSize = settings.Whole("max_response_size") ?? defaults.MaxResponseSize,
            MaxInflightBytes = settings.Whole("max_inflight_bytes"),
            LimitMaxImagePixels = settings.Flag("limit_max_image_pixels") ?? defaults.LimitMaxImagePixels,
            ServiceEnvelope = settings.Choice("service_envelope"),
            NumberOfGpu = (int?)settings.Whole("number_of_gpu"),
            IntraOpThreads = (int?)settings.Whole("intra_op_threads"),
            OptimizeModels = settings.Flag("optimize_models") ?? defaults.OptimizeModels,
            Strict = options.Strict,
            Python = Python(),
            Metrics = Metrics(),
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
        // TorchServe's words for none.
        return models is ["none" or "standalone"] ? [] : models;
    }

    private PythonSettings Python()
    {
        PythonSettings defaults = new();
        return new PythonSettings
        {
            Program = settings.Text("python"),
            DecodesInput = settings.Flag("decode_input_request") ?? defaults.DecodesInput,
            DefaultHandler = settings.Text("default_service_handler"),
            InstallsRequirements = settings.Flag("install_py_dep_per_model") ?? defaults.InstallsRequirements,
            HiddenVariables = settings.Pattern("blacklist_env_vars"),
        };
    }

    private MetricsSettings Metrics()
    {
        MetricsSettings defaults = new();
        return new MetricsSettings
        {
            Address = settings.Address("metrics_address", 8082, 8445) ?? defaults.Address,
            IsListening = settings.Flag("enable_metrics_api") ?? defaults.IsListening,
            Mode = settings.Choice("metrics_mode") switch { "prometheus" => MetricsMode.Prometheus, "legacy" => MetricsMode.Legacy, _ => MetricsMode.Log },
            ConfigFile = settings.ExistingFile("metrics_config"),
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
