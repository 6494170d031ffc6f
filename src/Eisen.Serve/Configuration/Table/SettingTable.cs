using System.Collections.Frozen;

namespace Eisen.Serve.Configuration;

/// <summary>
/// Every key of <c>config.properties</c>: TorchServe's, with their names and meanings, and ours. What reads, checks, prints
/// and documents settings goes by this table.
/// </summary>
internal static class SettingTable
{
    private const long MostBytes = long.MaxValue;
    private const int MostSeconds = 1_000_000;

    /// <summary>All of them, in the order in which they are told.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        // Listeners
        Address("inference_address", "http://127.0.0.1:8080", "where predictions are asked for: `http://` or `https://`, an IP address of this machine or `localhost`, and a port; or `unix:` and the path of a socket"),
        Address("management_address", "http://127.0.0.1:8081", "where models are described, registered, scaled and unregistered"),
        Address("metrics_address", "http://127.0.0.1:8082", "where metrics are read"),
        Path("private_key_file", SettingType.File, "the private key for `https://` addresses: PEM, PKCS #8 or OpenSSL's older forms"),
        Path("certificate_file", SettingType.File, "the certificate for it, PEM, followed by those that vouch for it"),
        Path("keystore", SettingType.File, "a PKCS #12 file with key and certificates, instead of the two files"),
        Text("keystore_pass", "the keystore's password") with { Default = "changeit", IsSecret = true },
        Choice("keystore_type", "PKCS12", "the keystore's kind", "PKCS12"),
        Text("cors_allowed_origin", "the origin that browsers are told may read answers (`Access-Control-Allow-Origin`)"),
        Text("cors_allowed_methods", "the methods that they are told (`Access-Control-Allow-Methods`)"),
        Text("cors_allowed_headers", "the header fields that they are told (`Access-Control-Allow-Headers`)"),

        // Access
        Flag("disable_token_authorization", null, "`true`: no request needs a token; `false`: each does. Left out, tokens are needed as soon as a listener can be reached from another machine; see [access](access.md)"),
        Number("token_expiration_min", "60", 0, 525_600, "minutes that a generated token is good for")
            with { Variables = ["TS_TOKEN_EXPIRATION_TIME_MIN", "TS_TOKEN_EXPIRATION_MIN"] },
        Text("token_key_file", "where generated tokens are written") with { Default = "key_file.json" },
        Path("access_keys_file", SettingType.File, "keys of your own that do not expire; see [access](access.md#keys-of-your-own)"),
        Flag("enable_model_api", "false", "whether models may be registered and unregistered while the server runs"),
        List("allowed_urls", "regular expressions of the addresses that models may be registered from; without any, only archives in the model store are"),
        Whole("max_download_size", "17179869184", 1, MostBytes, "bytes of the largest archive that is fetched from an address"),
        Whole("download_timeout", "1800", 1, 86_400, "seconds that fetching an archive may take"),
        Flag("use_env_allowed_urls", "false", "whether `TS_ALLOWED_URLS` counts") with { OnlyInFile = true },

        // Models
        Path("model_store", SettingType.Folder, "the folder with the archives; relative to the folder that the server is started in"),
        List("load_models", "the models to load at the start, as with `--models`; `all`; `none` or `standalone` for none"),
        Json("models", "parameters by model and version: `{\"name\": {\"1.0\": {\"minWorkers\": 2}}}`; `minWorkers`, `maxWorkers`, `batchSize`, `maxBatchDelay`, `responseTimeout`, `startupTimeout`. An archive's own file wins"),
        Json("model_snapshot", "the models of a [snapshot](snapshots.md), which are loaded as they were") with { OnlyInFile = true },
        Text("default_service_handler", "the [handler](archives.md#which-handler-runs-an-archive) of archives that name none: a built-in one, or a Python file, also by its full path; left out, `tensor` where the model is TorchScript"),
        Whole("default_workers_per_model", null, 0, 1024, "workers of a model that does not say; left out or 0, one for a model that is loaded at the start, and none for one that is registered later. Each is a thread, and all share the weights"),
        Whole("job_queue_size", "100", 1, 1_000_000, "how many requests may wait for a model; more are answered with 503 at once"),
        Whole("default_response_timeout", "120", 1, MostSeconds, "seconds that a prediction may take, waiting included; a client may [ask for less](http.md#inference-port-8080)"),
        Whole("default_startup_timeout", "120", 1, MostSeconds, "seconds that a worker may take to load and warm up"),
        Whole("unregister_model_timeout", "120", 1, MostSeconds, "seconds that the requests of a model that is unregistered may take"),
        Flag("optimize_models", "true", "whether modules are [optimized](performance.md#optimization) when they are loaded, where that makes them faster"),
        Whole("intra_op_threads", null, 1, 1024, "threads that one prediction's operators may use; left out, the physical cores divided by the workers of all models. A model's own `intraOpThreads` wins"),
        Whole("number_of_gpu", null, 0, 1024, "how many GPUs may be used, the first ones; left out, all; 0 for none"),

        // Requests
        Whole("max_request_size", "6553500", 1, Array.MaxLength, "bytes; a larger request is answered with 413"),
        Whole("max_response_size", "6553500", 1, Array.MaxLength, "bytes; a larger answer of a model is not sent, but 500"),
        Whole("max_inflight_bytes", null, 1, MostBytes, "bytes of all requests under way together, at least `max_request_size`; a request beyond it is answered with 503 before its body is read. Left out, a quarter of the memory that the process may use"),
        Flag("limit_max_image_pixels", "true", "whether pictures of very many pixels are refused"),
        Choice("service_envelope", null, "the form that requests to handlers, and their answers, are wrapped in; Eisen's and C# handlers have their own", "body", "json", "kserve", "kservev2"),
        Flag("ts_open_inference_protocol", "false", "whether the Open Inference Protocol's metadata and health are served; `TS_OPEN_INFERENCE_PROTOCOL=oip` in the environment does the same") with { OnlyInFile = true },
        Whole("graceful_shutdown_timeout", null, 0, 86_400, "seconds that requests under way may take at the end; left out, `default_response_timeout`"),

        // Python workers
        Text("python", "the Python that handlers written in Python run in: an interpreter, or the folder of a virtual environment. Left out, the one that `PYTHON` in the environment names, else the one that the archive's runtime names"),
        Flag("allow_archive_code", "true", "whether archives may bring Python code"),
        Text("python_user", "the user whom Python workers run as, when the server is root: a name, or two numbers such as `1000:1000`"),
        Whole("python_memory_limit", null, 1 << 20, MostBytes, "bytes of address space that a Python worker may have"),
        Whole("python_cpu_limit", null, 1, int.MaxValue, "seconds of processor time that a Python worker may use in its life"),
        Flag("prefer_torchserve", "false", "whether a torchserve package of the interpreter's own goes before the one that comes with the program"),
        Flag("share_python_models", "true", "whether a model's Python workers are forked from one process that has loaded it, so that they share its memory"),
        Flag("install_py_dep_per_model", "false", "whether an archive's requirements.txt is installed"),
        Pattern("blacklist_env_vars", "a regular expression of environment variables that Python workers do not get"),

        // Metrics
        Flag("enable_metrics_api", "true", "whether the metrics listener is opened"),
        Choice("metrics_mode", "log", "where TorchServe's metrics go: the metrics logs, or the metrics listener", "log", "prometheus", "legacy"),
        Path("metrics_config", SettingType.File, "a metrics YAML as TorchServe's; left out, TorchServe's own set"),
        Flag("model_metrics_auto_detect", "false", "whether metrics that handlers make count without being in `metrics_config`"),
        Flag("disable_system_metrics", "false", "whether the machine's own metrics are left out"),
        Whole("metric_time_interval", "60", 1, 86_400, "seconds between two looks at the machine"),

        // Logs
        Choice("log_format", "text", "how log lines are written", "text", "json"),
        Choice("log_level", "info", "the least that `ts_log.log` and `model_log.log` have", "debug", "info", "warn", "error"),
        Whole("log_file_size", "104857600", 1 << 16, 1L << 40, "bytes after which a log goes on in another file"),
        Whole("log_files_kept", "5", 1, 10_000, "how many files of each log are kept"),
        Flag("async_logging", null, "logs are always written in the background") with { Use = SettingUse.Record },

        // How settings are read
        Flag("enable_envvars_config", "false", "whether `TS_` and a key's name in capitals, such as `TS_JOB_QUEUE_SIZE`, set keys, too, and win over everything else") with { OnlyInFile = true },

        // What snapshots have
        Record("version"),
        Record("tsConfigFile"),

        // TorchServe's, without a meaning here
        NoMeaning("decode_input_request", "a handler gets JSON and text decoded, always"),
        NoMeaning("debug", "there is no debug mode"),
        NoMeaning("vmargs", "there is no Java"),
        NoMeaning("plugins_path", "there is no Java"),
        NoMeaning("number_of_netty_threads", "there is no Netty"),
        NoMeaning("netty_client_threads", "there is no Netty"),
        NoMeaning("prefer_direct_buffer", "there is no Netty"),
        NoMeaning("use_native_io", "there is no Netty"),
        NoMeaning("io_ratio", "there is no Netty"),
        NoMeaning("model_server_home", "the program needs no folder of its own"),
        NoMeaning("snapshot_store", "snapshots are files"),
        NoMeaning("workflow_store", "there are no workflows"),
        NoMeaning("initial_worker_port", "workers need no ports"),
        NoMeaning("initial_distribution_port", "workers need no ports"),
        NoMeaning("cpp_log_config", "there is no C++ backend of that kind"),
        NoMeaning("system_metrics_cmd", "the server looks at the machine itself"),
        NoMeaning("ipex_enable", "Intel's extension is not used"),
        NoMeaning("ipex_gpu_enable", "Intel's extension is not used"),
        NoMeaning("cpu_launcher_enable", "workers are threads of the server; see `intra_op_threads`"),
        NoMeaning("cpu_launcher_args", "workers are threads of the server; see `intra_op_threads`"),
        NoMeaning("ts_header_key_sequence_id", "there is no sequence batching"),
        NoMeaning("ts_header_key_sequence_start", "there is no sequence batching"),
        NoMeaning("ts_header_key_sequence_end", "there is no sequence batching"),
        NoMeaning("grpc_inference_address", "there is no gRPC"),
        NoMeaning("grpc_management_address", "there is no gRPC"),
        NoMeaning("grpc_inference_port", "there is no gRPC"),
        NoMeaning("grpc_management_port", "there is no gRPC"),
        NoMeaning("grpc_inference_max_connection_age_ms", "there is no gRPC"),
        NoMeaning("grpc_management_max_connection_age_ms", "there is no gRPC"),
        NoMeaning("grpc_inference_max_connection_age_grace_ms", "there is no gRPC"),
        NoMeaning("grpc_management_max_connection_age_grace_ms", "there is no gRPC"),
        NoMeaning("enable_grpc_ssl", "there is no gRPC"),
    ];

    private static readonly FrozenDictionary<string, Setting> ByKey = All.ToFrozenDictionary(setting => setting.Key, StringComparer.Ordinal);

    /// <summary>The setting of a key, or null.</summary>
    public static Setting? Find(string key) => ByKey.GetValueOrDefault(key);

    private static Setting Text(string key, string description) => new() { Key = key, Type = SettingType.Text, Description = description };

    private static Setting List(string key, string description) => new() { Key = key, Type = SettingType.List, Description = description };

    private static Setting Json(string key, string description) => new() { Key = key, Type = SettingType.Json, Description = description };

    private static Setting Pattern(string key, string description) => new() { Key = key, Type = SettingType.Pattern, Description = description };

    private static Setting Path(string key, SettingType type, string description) => new() { Key = key, Type = type, Description = description };

    private static Setting Address(string key, string otherwise, string description) => new() { Key = key, Type = SettingType.Address, Default = otherwise, Description = description };

    private static Setting Flag(string key, string? otherwise, string description) => new() { Key = key, Type = SettingType.Flag, Default = otherwise, Description = description };

    private static Setting Choice(string key, string? otherwise, string description, params string[] choices) =>
        new() { Key = key, Type = SettingType.Choice, Default = otherwise, Description = description, Choices = choices };

    private static Setting Whole(string key, string? otherwise, long minimum, long maximum, string description) =>
        new() { Key = key, Type = SettingType.WholeNumber, Default = otherwise, Minimum = minimum, Maximum = maximum, Description = description };

    private static Setting Number(string key, string? otherwise, decimal minimum, decimal maximum, string description) =>
        new() { Key = key, Type = SettingType.Number, Default = otherwise, Minimum = minimum, Maximum = maximum, Description = description };

    private static Setting Record(string key) => Text(key, "written into snapshots") with { Use = SettingUse.Record, OnlyInFile = true };

    private static Setting NoMeaning(string key, string reason) => Text(key, reason) with { Use = SettingUse.None };
}
