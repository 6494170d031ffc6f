namespace Eisen.Serve.Handlers;

/// <summary>How finely explanations look, and what they may cost.</summary>
/// <param name="Patch">A patch's length along each axis, or one for all; null for a part of the axis that depends on how many there are.</param>
/// <param name="Stride">How far a patch is from the next along each axis, or one for all; null to leave it open.</param>
/// <param name="BatchSize">How many patches share a forward.</param>
/// <param name="MostPatches">The most patches of a request: each is the work of one more prediction.</param>
internal sealed record OcclusionOptions(int[]? Patch = null, int[]? Stride = null, int BatchSize = 8, int MostPatches = 1000)
{
    /// <summary>The most axes that patches extend along: those of a volume.</summary>
    public const int MostAxes = 3;

    // Parts of an axis that a patch takes: a row of numbers is gone through one by one, or nearly so; a picture in 15 x 15 patches
    // that overlap by a half; a volume in 6 x 6 x 6 that do not.
    private static readonly int[] PartsOfAxis = [64, 8, 6];

    /// <summary>Reads <c>explain_patch</c>, <c>explain_stride</c>, <c>explain_batch</c> and <c>explain_limit</c>.</summary>
    public static OcclusionOptions Read(HandlerParameters parameters)
    {
        OcclusionOptions defaults = new();
        return new OcclusionOptions(
            parameters.GetPerAxis("explain_patch", MostAxes),
            parameters.GetPerAxis("explain_stride", MostAxes),
            parameters.GetInt("explain_batch", defaults.BatchSize, 1, 256),
            parameters.GetInt("explain_limit", defaults.MostPatches, 1, 1_000_000));
    }

    /// <summary>A patch's length along an axis, and its distance from the next.</summary>
    /// <param name="axis">Which of the axes.</param>
    /// <param name="axes">How many there are, 1 to 3.</param>
    /// <param name="length">The axis's length, at least 1.</param>
    public (int Patch, int Stride) Along(int axis, int axes, int length)
    {
        int parts = PartsOfAxis[axes - 1];
        int patch = Math.Min(Of(Patch, axis) ?? ((length - 1) / parts) + 1, length);
        return (patch, Of(Stride, axis) ?? (axes == 2 ? (patch + 1) / 2 : patch));
    }

    /// <summary>What is wrong for inputs of so many axes; null when nothing is.</summary>
    public string? MistakeFor(int axes) =>
        WrongCount("explain_patch", Patch, axes) ?? WrongCount("explain_stride", Stride, axes);

    private static string? WrongCount(string name, int[]? lengths, int axes) => lengths is { Length: > 1 } several && several.Length != axes
        ? $"handler.{name} has {several.Length} numbers, but patches extend along {axes} axes: give one number, or {axes}"
        : null;

    private static int? Of(int[]? lengths, int axis) => lengths is null ? null : lengths[lengths.Length == 1 ? 0 : axis];
}
