using System.Text.Json.Serialization;
using Eisen.Serve.Configuration;

namespace Eisen.Serve.Background;

/// <summary>What a running server writes down, for the commands that ask about it and stop it to read.</summary>
internal sealed record ServerRecord
{
    public required ProcessIdentity Process { get; init; }

    public required string InferenceAddress { get; init; }

    public string ManagementAddress { get; init; } = "";

    /// <summary>Where metrics are read; empty for nowhere.</summary>
    public string MetricsAddress { get; init; } = "";

    /// <summary>Where the generated tokens stand; null when there are none.</summary>
    public string? TokenFile { get; init; }

    public string LogFile { get; init; } = "";

    /// <summary>Set when it has been asked to stop: how many requests were under way.</summary>
    public int? UnderWayAtStop { get; init; }

    /// <summary>Set at its end: how many of those were not answered in time.</summary>
    public int? Unanswered { get; init; }

    /// <summary>The record of this process, as a server with these settings.</summary>
    public static ServerRecord Of(ServerSettings settings) => new()
    {
        Process = ProcessIdentity.Current,
        InferenceAddress = settings.InferenceAddress.ToString(),
        ManagementAddress = settings.ManagementAddress.ToString(),
        MetricsAddress = settings.Metrics.IsListening ? settings.Metrics.Address.ToString() : "",
        TokenFile = settings.Access is { NeedsTokens: true, GeneratesTokens: true } access ? access.TokenKeyFile : null,
        LogFile = Logging.LogFiles.ServerLogIn(settings.LogFolder),
    };
}

/// <summary>How these records are written, without reflection.</summary>
[JsonSerializable(typeof(ServerRecord))]
[JsonSerializable(typeof(StartReport))]
internal sealed partial class BackgroundJson : JsonSerializerContext;
