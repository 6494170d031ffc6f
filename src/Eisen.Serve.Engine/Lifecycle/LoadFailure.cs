namespace Eisen.Serve.Engine;

/// <summary>Why a model was not loaded.</summary>
public enum LoadFailure
{
    /// <summary>It was.</summary>
    None,

    /// <summary>The archive is broken, or not one, or no handler can run it.</summary>
    BadArchive,

    /// <summary>The model has this version already.</summary>
    AlreadyLoaded,

    /// <summary>Its workers could not be started.</summary>
    NotStarted,
}
