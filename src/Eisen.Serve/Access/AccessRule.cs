namespace Eisen.Serve.Access;

/// <summary>What an endpoint asks for instead of its listener's token.</summary>
/// <param name="Token">Another token; null for none.</param>
internal sealed record AccessRule(TokenKind? Token);
