namespace Eisen.Serve.EndToEnd;

/// <summary>A test of the program with the TorchSharp engine; skipped, and told so, where the program says that it cannot have it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchSharpFactAttribute : FactAttribute
{
    private static readonly string[] CannotBeHad = ["TorchSharp is not in this build", "TorchSharp cannot be loaded"];

    private static readonly Lazy<string?> WhyNot = new(() =>
    {
        using Workplace place = new();
        place.Configure("torch_engine=torchsharp");
        CommandResult start = place.Start();
        place.Stop();
        return start.ToString().Split('\n').FirstOrDefault(line => CannotBeHad.Any(reason => line.Contains(reason, StringComparison.Ordinal)));
    });

    public TorchSharpFactAttribute() => Skip = WhyNot.Value;
}
