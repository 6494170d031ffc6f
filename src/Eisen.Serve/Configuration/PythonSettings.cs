namespace Eisen.Serve.Configuration;

/// <summary>What holds for workers that are Python processes.</summary>
internal sealed record PythonSettings
{
    /// <summary>The Python to run, a path or a name on the search path; null to find one.</summary>
    public string? Program { get; init; }

    /// <summary>Whether a handler gets JSON and text decoded.</summary>
    public bool DecodesInput { get; init; } = true;

    /// <summary>The handler of archives that name none; null for none.</summary>
    public string? DefaultHandler { get; init; }

    /// <summary>Whether an archive's requirements.txt is installed.</summary>
    public bool InstallsRequirements { get; init; }

    /// <summary>A regular expression of environment variables that workers do not get; null for none.</summary>
    public string? HiddenVariables { get; init; }
}
