namespace Eisen.Serve.Handlers;

/// <summary>What a request asks of a handler.</summary>
public enum RequestKind
{
    /// <summary>An answer to its content.</summary>
    Predict,

    /// <summary>Why the answer to its content is what it is.</summary>
    Explain,

    /// <summary>What the handler tells of itself; the request has no content.</summary>
    Describe,
}
