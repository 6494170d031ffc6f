namespace Eisen.Serve.CommandLine;

/// <summary>What the command line says.</summary>
internal sealed record ServerOptions
{
    public bool Start { get; init; }

    public bool Stop { get; init; }

    public bool Foreground { get; init; }

    public bool Strict { get; init; }

    /// <summary>What is asked about the settings, instead of a server.</summary>
    public ConfigQuestion Question { get; init; }

    public bool NoConfigSnapshots { get; init; }

    public bool DisableTokenAuth { get; init; }

    public bool EnableModelApi { get; init; }

    public string? ConfigFile { get; init; }

    public string? ModelStore { get; init; }

    /// <summary>The models as given: <c>file.mar</c>, <c>name=file.mar</c> or <c>all</c>; null when none were named.</summary>
    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>Options of TorchServe's that were given and have no meaning here.</summary>
    public IReadOnlyList<string> WithoutMeaning { get; init; } = [];
}
