using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Eisen.Serve.Access;

/// <summary>A token that the server made.</summary>
/// <param name="Text">The token, as it stands in the key file.</param>
/// <param name="Expires">Until when it is good; null for ever.</param>
internal sealed record GeneratedKey(string Text, DateTimeOffset? Expires)
{
    private const int RandomBytes = 24;

    /// <summary>The token, as it is compared.</summary>
    public byte[] Bytes { get; } = Encoding.ASCII.GetBytes(Text);

    /// <summary>Makes one.</summary>
    public static GeneratedKey Create(DateTimeOffset? expires) => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes)), expires);

    /// <summary>Whether it has not expired.</summary>
    public bool IsGoodAt(DateTimeOffset now) => Expires is null || now < Expires;

    // A record's own would show it wherever it is logged.
    /// <inheritdoc/>
    public override string ToString() => $"a token good until {Expires:u}";
}
