namespace Eisen.Serve.Configuration;

/// <summary>Who may ask.</summary>
internal sealed record AccessSettings
{
    /// <summary>Whether requests need a token.</summary>
    public bool NeedsTokens { get; init; }

    /// <summary>Whether the metrics listener needs one, too: TorchServe's never does, so that ours does only where others can
    /// reach it.</summary>
    public bool CoversMetrics { get; init; }

    /// <summary>Why they do or do not, as the log tells it.</summary>
    public string Reason { get; init; } = "every listener is on the loopback interface";

    /// <summary>Whether anybody who reaches a listener from another machine may ask.</summary>
    public bool IsOpenToOthers { get; init; }

    /// <summary>How long a generated token is good for.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>The full path of the file that generated tokens are written to.</summary>
    public string TokenKeyFile { get; init; } = "";

    /// <summary>The operator's own keys.</summary>
    public AccessKeys Keys { get; init; } = AccessKeys.None;

    /// <summary>Whether tokens are generated: the operator has not keys for both listeners.</summary>
    public bool GeneratesTokens => Keys.Inference.Count == 0 || Keys.Management.Count == 0;
}
