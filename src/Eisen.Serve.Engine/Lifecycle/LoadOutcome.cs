namespace Eisen.Serve.Engine;

/// <summary>How the loading of one model ended.</summary>
/// <param name="Name">The model's name; the archive's where it could not be opened.</param>
/// <param name="Version">The version, or null where the archive could not be opened.</param>
/// <param name="Reason">Why it failed, in one line; null when the model is ready.</param>
/// <param name="Failure">What kind of failure it was.</param>
public sealed record LoadOutcome(string Name, string? Version, string? Reason, LoadFailure Failure = LoadFailure.None)
{
    /// <summary>Whether the model answers.</summary>
    public bool IsReady => Reason is null;

    /// <summary>Whether it is tried again in the background, and may yet come: code in another process failed, which may look for
    /// something that comes later.</summary>
    public bool IsTriedAgain { get; init; }

    /// <summary>What is doubtful about the archive's configuration, each in one line; the log has it, too.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
