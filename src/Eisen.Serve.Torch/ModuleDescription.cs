namespace Eisen.Serve.Torch;

/// <summary>What a module takes, gives and does, for people to read and for checks before it serves.</summary>
/// <param name="Parameters">The arguments of <c>forward</c> in order, without the module itself.</param>
/// <param name="ReturnType">What <c>forward</c> returns, as TorchScript writes types: <c>Tuple[Tensor, int]</c>.</param>
/// <param name="Code">The module's methods as TorchScript writes them; no more than <see cref="MostCodeBytes"/>, what
/// exceeds that is left out. Whoever made the module chose the names in it: it is not fit for a terminal as it is.</param>
/// <param name="WeightBytes">The bytes of its parameters and buffers, each piece of memory once.</param>
public sealed record ModuleDescription(IReadOnlyList<ModuleParameter> Parameters, string ReturnType, string Code, long WeightBytes)
{
    /// <summary>The most bytes of code, in UTF-8: 256 KiB.</summary>
    public const int MostCodeBytes = 256 << 10;

    /// <summary>How many arguments a call must give at least: up to the last one that has no default.</summary>
    public int RequiredCount { get; } = RequiredOf(Parameters);

    /// <summary>The signature in one line: <c>forward(x: Tensor, scale: float = ...) -> Tensor</c>.</summary>
    public string Signature => $"forward({string.Join(", ", Parameters)}) -> {ReturnType}";

    private static int RequiredOf(IReadOnlyList<ModuleParameter> parameters)
    {
        int count = parameters.Count;
        while (count > 0 && parameters[count - 1].HasDefault)
            count--;
        return count;
    }
}
