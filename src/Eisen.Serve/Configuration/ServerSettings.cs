using System.Net;
using Eisen.Serve.Listeners;
using Eisen.Serve.Python;

namespace Eisen.Serve.Configuration;

/// <summary>What the server was told, from all sources; it never changes.</summary>
internal sealed record ServerSettings
{
    private readonly TimeSpan? gracefulShutdownTimeout;

    /// <summary>Where predictions are asked for.</summary>
    public ListenAddress InferenceAddress { get; init; } = new(IPAddress.Loopback, 8080);

    /// <summary>Where models are managed.</summary>
    public ListenAddress ManagementAddress { get; init; } = new(IPAddress.Loopback, 8081);

    /// <summary>Every listener that is opened, with the key that says where.</summary>
    public IReadOnlyList<(ListenerRole Role, string Key, ListenAddress Address)> Listeners =>
    [
        (ListenerRole.Inference, "inference_address", InferenceAddress),
        (ListenerRole.Management, "management_address", ManagementAddress),
        .. Metrics.IsListening ? [(ListenerRole.Metrics, "metrics_address", Metrics.Address)] : Array.Empty<(ListenerRole, string, ListenAddress)>(),
    ];

    /// <summary>What listeners that speak TLS prove their name with; null when none does.</summary>
    public ServerCertificate? Certificate { get; init; }

    /// <summary>The header fields for browsers.</summary>
    public CorsSettings Cors { get; init; } = new(null, null, null);

    /// <summary>Who may ask.</summary>
    public AccessSettings Access { get; init; } = new();

    /// <summary>Whether models may be registered and unregistered while the server runs.</summary>
    public bool EnableModelApi { get; init; }

    /// <summary>Regular expressions of the addresses that models may be registered from; empty for none but the store.</summary>
    public IReadOnlyList<string> AllowedUrls { get; init; } = [];

    /// <summary>The folder with the archives, as a full path; null when there is none.</summary>
    public string? ModelStore { get; init; }

    /// <summary>The models to load at the start, as they were named.</summary>
    public IReadOnlyList<string> LoadModels { get; init; } = [];

    /// <summary>Parameters by model and version.</summary>
    public IReadOnlyList<ModelRecord> Models { get; init; } = [];

    /// <summary>The models that were there before, and are loaded again; null when none are restored.</summary>
    public IReadOnlyList<ModelRecord>? Snapshot { get; init; }

    /// <summary>Where snapshots are written, as a full path; null for nowhere.</summary>
    public string? SnapshotFolder { get; init; }

    /// <summary>The handler of archives that name none; null to take what fits.</summary>
    public string? DefaultServiceHandler { get; init; }

    /// <summary>How many workers a model gets that does not say; null for one at the server's start, and none when it is
    /// registered later.</summary>
    public int? DefaultWorkersPerModel { get; init; }

    /// <summary>The largest archive that is fetched from an address, in bytes.</summary>
    public long MaxDownloadSize { get; init; } = 1L << 34;

    /// <summary>How long fetching an archive may take.</summary>
    public TimeSpan DownloadTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Whether the Open Inference Protocol's metadata and health are served.</summary>
    public bool OpenInferenceProtocol { get; init; }

    /// <summary>How many requests may wait for a model.</summary>
    public int JobQueueSize { get; init; } = 100;

    /// <summary>How long a prediction may take, waiting included.</summary>
    public TimeSpan DefaultResponseTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long a worker may take to load and warm up.</summary>
    public TimeSpan DefaultStartupTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long the requests of a model that is unregistered may take.</summary>
    public TimeSpan UnregisterModelTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The largest request body, in bytes.</summary>
    public long MaxRequestSize { get; init; } = 6_553_500;

    /// <summary>The largest answer of a model, in bytes.</summary>
    public long MaxResponseSize { get; init; } = 6_553_500;

    /// <summary>How many bytes of requests may be under way at once, at least <see cref="MaxRequestSize"/>; null for a
    /// quarter of the memory that the process may use.</summary>
    public long? MaxInflightBytes { get; init; }

    /// <summary>How many GPUs may be used, the first ones; null for all.</summary>
    public int? NumberOfGpu { get; init; }

    /// <summary>How many threads an operator of a module may use; null to divide the physical cores by the lanes.</summary>
    public int? IntraOpThreads { get; init; }

    /// <summary>Whether modules are optimized for inference when they are loaded.</summary>
    public bool OptimizeModels { get; init; } = true;

    /// <summary>How long requests under way may take at the end; as long as any prediction unless set.</summary>
    public TimeSpan GracefulShutdownTimeout
    {
        get => gracefulShutdownTimeout ?? DefaultResponseTimeout;
        init => gracefulShutdownTimeout = value;
    }

    /// <summary>How Python handlers are run.</summary>
    public PythonSettings Python { get; init; } = new() { UnpackFolder = "" };

    /// <summary>Whether one model that cannot be loaded keeps the server from serving.</summary>
    public bool Strict { get; init; }

    /// <summary>What is measured.</summary>
    public MetricsSettings Metrics { get; init; } = new();

    /// <summary>How logs are written.</summary>
    public LogSettings Log { get; init; } = new();

    /// <summary>Where logs are written, as a full path.</summary>
    public required string LogFolder { get; init; }

    /// <summary>Where metrics logs are written, as a full path.</summary>
    public string MetricsFolder { get => field ?? LogFolder; init; }

    /// <summary>The file that most of this comes from, as it was named; null for none.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>What was said about each key, for snapshots.</summary>
    public IReadOnlyDictionary<string, SettingValue> Said { get; init; } = new Dictionary<string, SettingValue>();

    /// <summary>What the log should warn of once: keys without a meaning, certificates that are no longer valid.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
