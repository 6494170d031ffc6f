namespace Eisen.Serve.Torch;

/// <summary>An argument of a module's <c>forward</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as TorchScript writes it: <c>Tensor</c>, <c>Dict[str, Tensor]</c>.</param>
/// <param name="HasDefault">Whether a call may leave it out.</param>
public sealed record ModuleParameter(string Name, string Type, bool HasDefault)
{
    /// <summary>As it stands in a signature: <c>scale: float = ...</c>.</summary>
    public override string ToString() => HasDefault ? $"{Name}: {Type} = ..." : $"{Name}: {Type}";
}
