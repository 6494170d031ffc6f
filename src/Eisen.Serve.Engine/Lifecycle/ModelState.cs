namespace Eisen.Serve.Engine;

/// <summary>The life of a model version. It only moves forward, and each state is told after it has been reached,
/// except <see cref="Unloading"/>, which is told before anything is taken away.</summary>
public enum ModelState
{
    /// <summary>Its module is being loaded, or its workers warm up.</summary>
    Loading,

    /// <summary>Its workers answer.</summary>
    Ready,

    /// <summary>It could not be loaded; its status has the reason.</summary>
    Failed,

    /// <summary>It takes no more requests and finishes those that it has.</summary>
    Unloading,

    /// <summary>Everything it held has been freed.</summary>
    Unloaded,
}
