namespace Eisen.Serve.Benchmarks.Load;

/// <summary>How an answer is compared with the right one.</summary>
internal enum AnswerRule
{
    /// <summary>The same bytes.</summary>
    Equal,

    /// <summary>It begins with them.</summary>
    BeginsWith,

    /// <summary>As many float32, each within 1e-3: batches of another size round otherwise.</summary>
    FloatsNear,
}
