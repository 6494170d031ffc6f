namespace Eisen.Serve.Access;

/// <summary>The three tokens that the server made, at one moment.</summary>
/// <param name="Management">The management listener's.</param>
/// <param name="Inference">The inference listener's.</param>
/// <param name="Api">The one that renews the two others; it does not expire.</param>
internal sealed record GeneratedKeys(GeneratedKey Management, GeneratedKey Inference, GeneratedKey Api)
{
    /// <summary>Makes all three.</summary>
    public static GeneratedKeys Create(DateTimeOffset expires) => new(GeneratedKey.Create(expires), GeneratedKey.Create(expires), GeneratedKey.Create(null));

    /// <summary>The one for a purpose.</summary>
    public GeneratedKey Find(TokenKind kind) => kind switch { TokenKind.Inference => Inference, TokenKind.Management => Management, _ => Api };

    /// <summary>These with a new one for a listener.</summary>
    public GeneratedKeys With(TokenKind kind, DateTimeOffset expires) => kind switch
    {
        TokenKind.Inference => this with { Inference = GeneratedKey.Create(expires) },
        TokenKind.Management => this with { Management = GeneratedKey.Create(expires) },
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This token is not renewed. This is a bug."),
    };
}
