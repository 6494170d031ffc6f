namespace Eisen.Serve.Handlers.Pickles;

/// <summary>An instance of a Python class, as it was written.</summary>
/// <param name="kind">Its class.</param>
internal sealed class PickledObject(PickledClass kind)
{
    /// <summary>Its class.</summary>
    public PickledClass Class => kind;

    /// <summary>What its state was, usually a dictionary or a tuple; null when none was written.</summary>
    public object? State { get; set; }
}
