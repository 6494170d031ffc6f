namespace Eisen.Serve.Conformance;

/// <summary>The parts of an answer that TorchServe itself never gives twice: the set's README names them. They must be
/// there, with a value of the same kind.</summary>
internal static class OwnParts
{
    private static readonly HashSet<string> Paths = new(StringComparer.Ordinal)
    {
        "$[*].workers[*].id",
        "$[*].workers[*].startTime",
        "$[*].workers[*].memoryUsage",
        "$[*].workers[*].pid",
        "$.props.model_dir",
    };

    /// <summary>Whether a JSON path leads to such a part.</summary>
    public static bool IsOwn(string path) => Paths.Contains(path);
}
