namespace Eisen.Serve.Configuration;

/// <summary>What was said about a setting.</summary>
/// <param name="Text">What it is to be.</param>
/// <param name="Origin">Who said so: a file and its line, an option, or an environment variable.</param>
internal sealed record SettingValue(string Text, string Origin)
{
    /// <summary>Where a mistake in it is, for the beginning of a sentence.</summary>
    public string In(string key) => Origin.StartsWith("--", StringComparison.Ordinal) ? Origin : $"{Origin}: {key}";
}
