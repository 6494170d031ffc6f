namespace Eisen.Serve.Configuration;

/// <summary>A line of a properties file that sets something.</summary>
/// <param name="Key">What it sets.</param>
/// <param name="Value">To what.</param>
/// <param name="Line">The number of the line, or of the first of several, from 1.</param>
internal sealed record Property(string Key, string Value, int Line);
