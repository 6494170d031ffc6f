namespace Eisen.Serve.Benchmarks.Results;

/// <summary>How a figure stands to its target.</summary>
internal enum Verdict
{
    /// <summary>It has none.</summary>
    None,

    /// <summary>The median meets it.</summary>
    Pass,

    /// <summary>The median misses it, some windows meet it: the run is too noisy to tell.</summary>
    Unclear,

    /// <summary>No window meets it.</summary>
    Fail,
}
