namespace Eisen.Serve.Configuration;

/// <summary>What is measured and where it can be read.</summary>
internal sealed record MetricsSettings
{
    /// <summary>Where the metrics listener binds.</summary>
    public ListenAddress Address { get; init; } = new(System.Net.IPAddress.Loopback, 8082);

    /// <summary>Whether the metrics listener is opened.</summary>
    public bool IsListening { get; init; } = true;

    /// <summary>Where TorchServe's metrics go.</summary>
    public MetricsMode Mode { get; init; }

    /// <summary>The full path of a metrics YAML; null for TorchServe's own set.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Whether metrics that handlers make count without being in the YAML.</summary>
    public bool DetectsModelMetrics { get; init; }

    /// <summary>Whether the machine's own metrics are left out.</summary>
    public bool OmitsSystemMetrics { get; init; }

    /// <summary>How long between two looks at the machine.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(60);
}
