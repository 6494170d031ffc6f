namespace Eisen.Serve.Configuration;

/// <summary>The header fields for browsers that every answer has; null for one that is not sent.</summary>
/// <param name="Origin"><c>Access-Control-Allow-Origin</c>.</param>
/// <param name="Methods"><c>Access-Control-Allow-Methods</c>.</param>
/// <param name="Headers"><c>Access-Control-Allow-Headers</c>.</param>
internal sealed record CorsSettings(string? Origin, string? Methods, string? Headers);
