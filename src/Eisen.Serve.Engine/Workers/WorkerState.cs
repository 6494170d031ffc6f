namespace Eisen.Serve.Engine;

/// <summary>What a worker does at the moment.</summary>
public enum WorkerState
{
    /// <summary>It loads or warms up.</summary>
    Loading,

    /// <summary>It answers.</summary>
    Ready,

    /// <summary>It could not be loaded.</summary>
    Failed,

    /// <summary>It has ended.</summary>
    Stopped,
}
