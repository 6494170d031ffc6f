namespace Eisen.Serve.CommandLine;

/// <summary>What <c>eisen-serve config</c> tells.</summary>
internal enum ConfigQuestion
{
    /// <summary>Nothing is asked.</summary>
    None,

    /// <summary>Every setting's value, and where it comes from.</summary>
    Print,

    /// <summary>The settings' JSON schema.</summary>
    Schema,

    /// <summary>The table of all settings.</summary>
    Keys,
}
