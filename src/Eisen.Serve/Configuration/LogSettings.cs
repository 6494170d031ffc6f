namespace Eisen.Serve.Configuration;

/// <summary>How logs are written.</summary>
internal sealed record LogSettings
{
    /// <summary>Whether lines are JSON objects instead of text.</summary>
    public bool IsJson { get; init; }

    /// <summary>The least that is written.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>After how many bytes a log goes on in another file.</summary>
    public long FileBytes { get; init; } = 100 << 20;

    /// <summary>How many files of each log are kept.</summary>
    public int FilesKept { get; init; } = 5;
}
