namespace Eisen.Serve.Engine;

/// <summary>What a worker does at the moment.</summary>
public enum WorkerState
{
    /// <summary>It loads or warms up.</summary>
    Loading,

    /// <summary>It answers.</summary>
    Ready,

    /// <summary>It died and could not be started again yet; it is tried again after a pause.</summary>
    Retrying,

    /// <summary>It could not be loaded, or has failed for so long that it is not tried again.</summary>
    Failed,

    /// <summary>It has ended.</summary>
    Stopped,
}
