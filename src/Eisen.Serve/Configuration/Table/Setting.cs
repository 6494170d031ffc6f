namespace Eisen.Serve.Configuration;

/// <summary>A key of <c>config.properties</c>: one row of the <see cref="SettingTable"/>.</summary>
internal sealed record Setting
{
    /// <summary>The key, as it stands in the file.</summary>
    public required string Key { get; init; }

    /// <summary>What its text must be.</summary>
    public required SettingType Type { get; init; }

    /// <summary>What holds when nothing is said, as text; null for nothing, or for what the description tells.</summary>
    public string? Default { get; init; }

    /// <summary>What it does, in a line; of one without meaning here, why it has none.</summary>
    public required string Description { get; init; }

    /// <summary>The least that a number may be.</summary>
    public decimal Minimum { get; init; }

    /// <summary>The most that a number may be.</summary>
    public decimal Maximum { get; init; } = int.MaxValue;

    /// <summary>What a choice may be.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>What becomes of it here.</summary>
    public SettingUse Use { get; init; }

    /// <summary>Whether nobody may read its value.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Whether only a file may say it.</summary>
    public bool OnlyInFile { get; init; }

    /// <summary>The environment variables that say it, where <c>enable_envvars_config</c> allows that; the first one counts.</summary>
    public IReadOnlyList<string> Variables
    {
        get => field ?? (OnlyInFile ? [] : ["TS_" + Key.ToUpperInvariant()]);
        init;
    }
}
