namespace Eisen.Serve.Access;

/// <summary>What a token is good for.</summary>
internal enum TokenKind
{
    /// <summary>The inference listener.</summary>
    Inference,

    /// <summary>The management listener.</summary>
    Management,

    /// <summary>Renewing the two others.</summary>
    Api,
}
