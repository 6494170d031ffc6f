using System.Text;

namespace Eisen.Serve.Background;

/// <summary>How a start went, as <c>--start</c> prints it.</summary>
internal sealed record StartReport
{
    // The log has them all.
    private const int MostWarnings = 20;

    /// <summary>Why the server does not serve; null when it does.</summary>
    public string? Failure { get; init; }

    public int ProcessId { get; init; }

    public string InferenceAddress { get; init; } = "";

    public string ManagementAddress { get; init; } = "";

    /// <summary>Where metrics are read; empty for nowhere.</summary>
    public string MetricsAddress { get; init; } = "";

    /// <summary>Where the tokens stand that requests need; null when they need none, or only the operator's own keys.</summary>
    public string? TokenFile { get; init; }

    /// <summary>The file that was read, which nobody need have named; null for none.</summary>
    public string? ConfigFile { get; init; }

    public string LogFile { get; init; } = "";

    public IReadOnlyList<ModelLine> Models { get; init; } = [];

    /// <summary>What is doubtful about the settings and the archives, each in one line.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The text for people.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        if (Failure is null)
        {
            text.AppendLine($"Eisen.Serve {ProductVersion.Text} is serving, process {ProcessId}.");
            foreach (string line in AddressLines.Of(InferenceAddress, ManagementAddress, MetricsAddress, TokenFile))
                text.AppendLine(line);
        }

        if (ConfigFile is not null)
            text.AppendLine($"  settings    {ConfigFile}");
        foreach (ModelLine model in Models)
            text.AppendLine(model.Reason is null ? $"  model       {model.Name} {model.Version}: READY" : $"  model       {model.Name}: FAILED{(model.IsTriedAgain ? ", and is tried again" : "")}: {model.Reason}");
        foreach (string warning in Warnings.Take(MostWarnings))
            text.AppendLine($"  warning     {warning}");
        if (Warnings.Count > MostWarnings)
            text.AppendLine($"  warning     {Warnings.Count - MostWarnings} more are in the log");
        if (LogFile.Length > 0)
            text.AppendLine($"  log         {LogFile}");
        if (Failure is not null)
            text.AppendLine($"Eisen.Serve does not serve: {Failure}");
        return text.ToString();
    }

    /// <summary>A model and how its loading ended.</summary>
    internal sealed record ModelLine(string Name, string? Version, string? Reason, bool IsTriedAgain = false);
}
