using System.Security.Cryptography;
using System.Text;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Microsoft.Extensions.Primitives;

namespace Eisen.Serve.Access;

/// <summary>
/// The tokens that are good: the operator's own, and those that are generated at the start, written to the key file, and
/// expire. Where the operator has keys for both listeners, none are generated.
/// </summary>
internal sealed partial class Tokens : IDisposable
{
    private const string Scheme = "Bearer";
    private const int LongestToken = 256;

    private readonly byte[][][] own;
    private readonly TokenKeyFile file;
    private readonly TimeSpan lifetime;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Lock renewing = new();
    private volatile GeneratedKeys? generated;

    /// <summary>Makes the tokens, and writes the key file.</summary>
    /// <exception cref="UserMistakeException">The key file cannot be written.</exception>
    public Tokens(AccessSettings settings, TimeProvider time, ILogger<Tokens> logger)
    {
        this.time = time;
        this.logger = logger;
        lifetime = settings.TokenLifetime;
        file = new TokenKeyFile(settings.TokenKeyFile);
        // In the order of TokenKind.
        own = [Bytes(settings.Keys.Inference), Bytes(settings.Keys.Management), Bytes(settings.Keys.Api)];
        if (!settings.GeneratesTokens)
            return;

        generated = GeneratedKeys.Create(Expiry);
        try
        {
            file.Write(generated);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"tokens cannot be written to {settings.TokenKeyFile} ({failure.Message}); set token_key_file to another file, or give keys of your own");
        }
    }

    /// <summary>The file that generated tokens stand in; null when none are generated.</summary>
    public string? KeyFile => generated is null ? null : file.Path;

    private DateTimeOffset Expiry => time.GetUtcNow() + lifetime;

    /// <summary>Whether an Authorization header field has a good token.</summary>
    public bool Accepts(TokenKind kind, StringValues authorization)
    {
        // A field that comes twice is one that somebody else on the way may have read differently.
        if (authorization.Count != 1 || TokenIn(authorization[0]) is not { Length: > 0 and <= LongestToken } token)
            return false;

        Span<byte> bytes = stackalloc byte[LongestToken];
        if (!Encoding.ASCII.TryGetBytes(token, bytes, out int length))
            return false;
        ReadOnlySpan<byte> given = bytes[..length];
        // All of them are looked at, each in a time that does not tell how much of it was right.
        bool isGood = false;
        foreach (byte[] key in own[(int)kind])
            isGood |= CryptographicOperations.FixedTimeEquals(given, key);
        if (generated?.Find(kind) is { } issued)
            isGood |= CryptographicOperations.FixedTimeEquals(given, issued.Bytes) & issued.IsGoodAt(time.GetUtcNow());
        return isGood;
    }

    /// <summary>Replaces a generated token, with a new time to live. The old one is good no more.</summary>
    /// <returns>False when none are generated, or the key file cannot be written; then the old one stays.</returns>
    public bool TryRenew(TokenKind kind)
    {
        lock (renewing)
        {
            if (generated is null)
                return false;
            GeneratedKeys renewed = generated.With(kind, Expiry);
            try
            {
                file.Write(renewed);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                NotRenewed(logger, failure, file.Path);
                return false;
            }

            generated = renewed;
            Renewed(logger, kind, file.Path);
            return true;
        }
    }

    public void Dispose()
    {
        if (generated is { } last)
            file.Delete(last);
    }

    /// <summary>The token after the scheme, as TorchServe reads it: blanks between, and none after; empty for anything else.</summary>
    private static ReadOnlySpan<char> TokenIn(ReadOnlySpan<char> field)
    {
        if (!field.StartsWith(Scheme, StringComparison.Ordinal))
            return [];
        ReadOnlySpan<char> rest = field[Scheme.Length..];
        ReadOnlySpan<char> token = rest.TrimStart(" \t");
        return token.Length == rest.Length || token.ContainsAny(" \t") ? [] : token;
    }

    private static byte[][] Bytes(IReadOnlyList<string> keys) => [.. keys.Select(Encoding.ASCII.GetBytes)];

    [LoggerMessage(5001, LogLevel.Information, "The {Kind} token has been renewed; {File} has the new one.")]
    private static partial void Renewed(ILogger logger, TokenKind kind, string file);

    [LoggerMessage(5002, LogLevel.Error, "A token is not renewed, as {File} cannot be written.")]
    private static partial void NotRenewed(ILogger logger, Exception failure, string file);
}
