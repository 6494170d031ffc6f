namespace Eisen.Serve.Benchmarks.Load;

/// <summary>A request that is sent again and again, and what its answer must be.</summary>
internal sealed record Question
{
    /// <summary>The path to post to, for example <c>/predictions/identity</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The file with the body.</summary>
    public required string BodyFile { get; init; }

    /// <summary>Headers beside Host and Content-Length.</summary>
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>How the answer is compared.</summary>
    public required AnswerRule Rule { get; init; }

    /// <summary>The file with the right answer, or the right beginning.</summary>
    public required string AnswerFile { get; init; }
}
