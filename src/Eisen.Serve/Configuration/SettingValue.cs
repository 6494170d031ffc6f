namespace Eisen.Serve.Configuration;

/// <summary>What was said about a setting.</summary>
/// <param name="Text">What it is to be.</param>
/// <param name="Origin">Who said so: a file and its line, an option, or an environment variable.</param>
/// <param name="IsInFile">Whether it stands in the file.</param>
internal sealed record SettingValue(string Text, string Origin, bool IsInFile = false)
{
    /// <summary>Whether it was an option of the command line.</summary>
    public bool IsOption => !IsInFile && Origin.StartsWith("--", StringComparison.Ordinal);

    /// <summary>Where a mistake in it is, for the beginning of a sentence.</summary>
    public string In(string key) => IsOption ? Origin : $"{Origin}: {key}";
}
