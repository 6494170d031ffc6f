using System.Text.Json.Serialization;

namespace Eisen.Serve.Background;

/// <summary>What a running server writes down for <c>--start</c> and <c>--stop</c> to read.</summary>
internal sealed record ServerRecord
{
    public required ProcessIdentity Process { get; init; }

    public required string InferenceAddress { get; init; }

    /// <summary>Set when it has been asked to stop: how many requests were under way.</summary>
    public int? UnderWayAtStop { get; init; }

    /// <summary>Set at its end: how many of those were not answered in time.</summary>
    public int? Unanswered { get; init; }
}

/// <summary>How these records are written, without reflection.</summary>
[JsonSerializable(typeof(ServerRecord))]
[JsonSerializable(typeof(StartReport))]
internal sealed partial class BackgroundJson : JsonSerializerContext;
