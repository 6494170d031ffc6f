namespace Eisen.Serve.Handlers;

/// <summary>
/// What can go wrong with a prediction. Each protocol has one table from these to its own codes; nothing below the
/// protocols knows any.
/// </summary>
public enum PredictionError
{
    /// <summary>Nothing went wrong.</summary>
    None,

    /// <summary>The client sent something that the handler cannot use.</summary>
    BadInput,

    /// <summary>No model of this name is registered.</summary>
    ModelNotFound,

    /// <summary>The model is registered, but not in this version.</summary>
    VersionNotFound,

    /// <summary>The model has no worker that could answer: it is loading, failed to load, is going, or has none.</summary>
    NoWorker,

    /// <summary>As many requests wait as may.</summary>
    QueueFull,

    /// <summary>The requests under way take as many bytes as they may.</summary>
    TooManyBytes,

    /// <summary>The answer did not come in time.</summary>
    DeadlineExceeded,

    /// <summary>The client has gone away; nobody reads the answer.</summary>
    ClientGone,

    /// <summary>The module or its handler failed on the request.</summary>
    ModelFailed,

    /// <summary>The answer is larger than answers may be.</summary>
    AnswerTooLarge,

    /// <summary>The handler answered with an error of its own making: a status and a message for the client.</summary>
    HandlerRefused,

    /// <summary>The worker ended, or had to be ended, while it had the request.</summary>
    WorkerDied,

    /// <summary>The memory of the machine or of the device did not suffice.</summary>
    OutOfMemory,
}
