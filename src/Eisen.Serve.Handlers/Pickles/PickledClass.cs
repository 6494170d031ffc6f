namespace Eisen.Serve.Handlers.Pickles;

/// <summary>The name of a Python class or function; nothing of the kind is ever run.</summary>
/// <param name="Module">Its module.</param>
/// <param name="Name">Its name there.</param>
internal sealed record PickledClass(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}
