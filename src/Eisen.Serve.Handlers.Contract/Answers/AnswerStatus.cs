namespace Eisen.Serve.Handlers;

/// <summary>A status that a handler gives its answer; the numbers are HTTP's, whatever protocol the client speaks.</summary>
/// <param name="Code">The code, 200 to 599.</param>
/// <param name="Reason">The phrase beside it; null for none of its own.</param>
public sealed record AnswerStatus(int Code, string? Reason = null)
{
    /// <summary>The code of an answer that says nothing else.</summary>
    public const int Ok = 200;

    /// <summary>Whether a code is one that an answer may have.</summary>
    public static bool IsValid(int code) => code is >= 200 and <= 599;
}
