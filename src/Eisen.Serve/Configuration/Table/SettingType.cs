namespace Eisen.Serve.Configuration;

/// <summary>What a setting's text must be.</summary>
internal enum SettingType
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A whole number within the setting's bounds.</summary>
    WholeNumber,

    /// <summary>A number within the setting's bounds, with a point for fractions.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>, in any case.</summary>
    Flag,

    /// <summary>One of the setting's choices, in any case.</summary>
    Choice,

    /// <summary>Where a listener binds.</summary>
    Address,

    /// <summary>Texts with commas between.</summary>
    List,

    /// <summary>A regular expression.</summary>
    Pattern,

    /// <summary>The path of a file that is there.</summary>
    File,

    /// <summary>The path of a folder that is there.</summary>
    Folder,

    /// <summary>A JSON object.</summary>
    Json,
}
