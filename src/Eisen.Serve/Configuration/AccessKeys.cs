namespace Eisen.Serve.Configuration;

/// <summary>The operator's own keys, which do not expire; any of several is good.</summary>
/// <param name="Inference">For the inference listener.</param>
/// <param name="Management">For the management listener.</param>
/// <param name="Api">For renewing generated tokens.</param>
internal sealed record AccessKeys(IReadOnlyList<string> Inference, IReadOnlyList<string> Management, IReadOnlyList<string> Api)
{
    /// <summary>No keys.</summary>
    public static AccessKeys None { get; } = new([], [], []);

    /// <summary>Whether there are any.</summary>
    public bool IsEmpty => Inference.Count + Management.Count + Api.Count == 0;

    // A record's own would show them wherever a setting is logged.
    /// <inheritdoc/>
    public override string ToString() => $"{Inference.Count} inference, {Management.Count} management, {Api.Count} API";
}
